import type { Tokenizer } from '../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../protocol/errors.ts';
import type { RunRequest } from './answer/answer.ts';
import type { Model } from './model.ts';
import type { Drafter } from './speculate/drafts.ts';

type Drafted = Pick<RunRequest, 'sampling' | 'origin' | 'lane' | 'isPrivate'>;

/**
 * Another model's guesses at what `model` says to a request, for as long as `isLoaded`: they take its scheduler, its cache and
 * its share as any answer does. Its samples are drawn with the request's own seed, at the same positions. Fails with
 * `bad-input` where the two do not have the same tokens.
 */
export function drafterOf(draft: Model, model: Model, asked: Drafted, isLoaded: () => boolean): Drafter {
  if (!haveSameTokens(draft, model))
    throw new HearthError(
      'bad-input',
      `${draft.file.config.name} cannot draft for ${model.file.config.name}: they do not have the same tokens. Choose a smaller model of the same family.`,
    );
  const { vocab } = model.file.config;
  return {
    async draft(tokens, count, signal) {
      const room = draft.contextLength - tokens.length;
      const isKnown = (id: number) => id < draft.file.config.vocab;
      if (!isLoaded() || room < 1 || !tokens.every(isKnown)) return [];
      const ids: number[] = [];
      const request = { ...asked, ids: [...tokens], maxTokens: Math.min(count, room) };
      try {
        await draft.draft(request, async (part) => void ids.push(...part.ids), signal);
      } catch {
        // The answer goes on without
        return [];
      }
      const strange = ids.findIndex((id) => id >= vocab);
      return strange < 0 ? ids : ids.slice(0, strange);
    },
  };
}

const known = new WeakMap<Tokenizer, WeakMap<Tokenizer, boolean>>();

/** By id; one may have more, which fill up a matrix. */
function haveSameTokens({ file: { tokenizer: a } }: Model, { file: { tokenizer: b } }: Model): boolean {
  let ofA = known.get(a);
  if (!ofA) known.set(a, (ofA = new WeakMap()));
  let same = ofA.get(b);
  if (same === undefined) ofA.set(b, (same = areAlike(a, b)));
  return same;
}

function areAlike(a: Tokenizer, b: Tokenizer): boolean {
  const count = Math.min(a.size, b.size);
  for (let id = 0; id < count; id++)
    if (a.tokenText(id) !== b.tokenText(id) || a.kind(id) !== b.kind(id)) return false;
  return count > 0;
}
