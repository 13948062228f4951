import type { GgufValue } from '../../../models/gguf/values.ts';
import { convert, toBytes } from './convert.ts';
import { type EmbeddingCase, readFixture } from './fixture.ts';

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789.,!?'];
const WORDS = ['the', 'fire', 'house', 'warm', 'cold', 'a'];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

/** Names of the tokens, as the converter writes a WordPiece vocabulary: what begins a word has a ▁ before it. */
const TOKENS = [
  ...SPECIAL,
  ...WORDS.filter((word) => word.length > 1).map((word) => `▁${word}`),
  ...LETTERS.map((letter) => `▁${letter}`),
  ...LETTERS,
];

/** A file of the tiny BERT with a tokenizer of its own: vectors of its texts are those that transformers makes. */
export function tinyBert(): {
  bytes: Uint8Array;
  texts: EmbeddingCase['texts'];
  idsOf(words: string[]): number[];
} {
  const { weights, cases } = readFixture('bert');
  const [first] = cases;
  const file = convert('bert', weights, first!);
  const count = first!.config.vocab_size as number;
  const tokens = Array.from({ length: count }, (_, id) => TOKENS[id] ?? `[unused${id}]`);
  const kinds = Int32Array.from({ length: count }, (_, id) => (id < SPECIAL.length ? 3 : 1));
  const { 'tokenizer.ggml.merges': _, 'tokenizer.ggml.pre': __, ...metadata } = file.metadata;
  const bytes = toBytes({
    ...file,
    metadata: {
      ...metadata,
      'general.name': { type: 'string', value: 'Tiny BERT' },
      'tokenizer.ggml.model': { type: 'string', value: 'bert' },
      'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: tokens },
      'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: kinds },
      'tokenizer.ggml.padding_token_id': u32(0),
      'tokenizer.ggml.unknown_token_id': u32(1),
      'tokenizer.ggml.cls_token_id': u32(2),
      'tokenizer.ggml.bos_token_id': u32(2),
      'tokenizer.ggml.seperator_token_id': u32(3),
    },
  });
  return { bytes, texts: first!.texts, idsOf: (words) => words.map((word) => TOKENS.indexOf(word)) };
}
