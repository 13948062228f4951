import type { Stream } from '../channel/connect.ts';
import type { EmbedInput } from '../protocol/embed.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { GenerateInput } from '../protocol/generate.ts';
import type { Answering, AnswerStream } from './answers.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Mesh } from './mesh/mesh.ts';
import { isRemembered, type Page } from './page.ts';
import type { RecentRuns } from './recent-runs.ts';
import type { Slots } from './slots.ts';

export interface GenerationDeps {
  page: Page;
  consent: Consent;
  engine: Engine;
  /** Answers under way, of all pages. */
  slots: Slots;
  room: Pick<Mesh, 'mayLeave' | 'summary'>;
  runs: RecentRuns;
}

/** Begins one answer for a page, once the user allows it and the page has a slot left. */
export async function beginAnswer(
  deps: GenerationDeps,
  input: GenerateInput,
  signal: AbortSignal,
): Promise<{ model: string; stream: AnswerStream }> {
  const { page, room, runs } = deps;
  const { sharing, mayUse: mayLeave } = room.summary(page);
  const begun = await begin('generate', deps, input, signal);
  begun.stream.output.then(
    (output) => runs.add(page, output, { mayLeave, sharing }),
    () => {},
  );
  return begun;
}

/**
 * Begins so many answers to each prompt, in the order of the prompts. Those to one prompt share its place in the cache:
 * a first token is asked for by itself, and what that leaves is what they all start from.
 */
export async function beginAnswers(
  deps: GenerationDeps,
  inputs: readonly GenerateInput[],
  each: number,
  signal: AbortSignal,
): Promise<Answering> {
  const sharesPages = each > 1 && isRemembered(deps.page);
  const streams: AnswerStream[] = [];
  let model = '';
  try {
    for (const input of inputs) {
      if (sharesPages) await (await beginAnswer(deps, { ...input, maxTokens: 1 }, signal)).stream.output;
      for (let i = 0; i < each; i++) {
        const seed = (input.sampling.seed + i) >>> 0;
        const begun = await beginAnswer(deps, { ...input, sampling: { ...input.sampling, seed } }, signal);
        model = begun.model;
        streams.push(begun.stream);
      }
    }
  } catch (error) {
    for (const stream of streams) await stream[Symbol.asyncIterator]().return?.();
    throw error;
  }
  return { model, streams };
}

/** As `beginAnswer`, of vectors. */
export function beginVectors(deps: GenerationDeps, input: EmbedInput, signal: AbortSignal) {
  return begin('embed', deps, input, signal);
}

async function begin<K extends 'generate' | 'embed'>(
  name: K,
  { page, consent, engine, slots, room }: GenerationDeps,
  input: { model: string | undefined; draftModel?: string | undefined },
  signal: AbortSignal,
): Promise<{ model: string; stream: Stream<EngineCalls[K]['part'], EngineCalls[K]['output']> }> {
  // One that drafts needs the user's word as well, whichever model it drafts for
  const drafts = input.draftModel ? [input.draftModel] : [];
  const [model] = await consent.need(page, input.model ? [input.model, ...drafts] : [], signal);
  if (!input.model && drafts.length > 0) await consent.need(page, drafts, signal);
  const client = await engine.client();
  const free = slots.take(page.origin);
  const whole = {
    ...input,
    model,
    origin: page.origin,
    lane: 'interactive',
    // All pages without an origin bear the same name and have nothing to do with each other
    isPrivate: !isRemembered(page),
    mayLeave: room.mayLeave(page),
  };
  const stream = client.stream(name, whole as EngineCalls[K]['input'], { signal });
  stream.output.then(free, free);
  return { model: model!, stream };
}
