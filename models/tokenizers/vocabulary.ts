import { badModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { findRoles, type Roles } from './roles.ts';

/** `tokenizer.ggml.token_type`: the file's numbers are the indices. */
const KINDS = ['undefined', 'normal', 'unknown', 'control', 'user', 'unused', 'byte'] as const;
export type TokenKind = (typeof KINDS)[number];

/** The tokens of a file: their texts and kinds, and which of them mean something. */
export interface Vocabulary {
  texts: readonly string[];
  kinds: readonly TokenKind[];
  /** The last token of a text, should several have it. */
  ids: ReadonlyMap<string, number>;
  roles: Roles;
  /** Tokens after which an answer is over. */
  endIds: ReadonlySet<number>;
}

export function readVocabulary(metadata: Metadata, defaults: Roles): Vocabulary {
  const listed = metadata.strings('tokenizer.ggml.tokens');
  if (listed.length === 0) throw badModel('The model has an empty vocabulary. Convert or download it again.');
  const types = metadata.numbers('tokenizer.ggml.token_type', undefined);
  if (types && types.length < listed.length)
    throw badModel(`The model has ${listed.length} tokens, but only ${types.length} of them have a type.`);

  // An empty text would match everywhere
  const texts = listed.map((text, id) => text || `[EMPTY_${id}]`);
  const ids = new Map(texts.map((text, id) => [text, id]));
  const { roles, endIds, controlIds } = findRoles(metadata, ids, texts.length, defaults);
  const kinds = texts.map((_, id): TokenKind => {
    if (controlIds.has(id)) return 'control';
    return types ? (KINDS[types[id]!] ?? 'undefined') : 'normal';
  });
  return { texts, kinds, ids, roles, endIds };
}
