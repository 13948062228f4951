import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Metadata } from '../gguf/metadata.ts';
import {
  type Entries,
  flag,
  floats,
  int32s,
  scoredVocabulary,
  strings,
  text,
  uint32,
} from './golden/samples.ts';
import { readTokenizer, type Tokenizer } from './index.ts';

interface Model {
  name: string;
  prefix: boolean;
  merges: boolean;
  charsmap: string;
  pieces: [text: string, score: number, type: number][];
  ids: number[][];
}
const golden: { texts: string[]; models: Model[] } = JSON.parse(
  readFileSync(new URL('golden/unigram.json', import.meta.url), 'utf8'),
);

function tokenizerOf({ pieces, prefix, merges, charsmap }: Omit<Model, 'ids' | 'name'>): Tokenizer {
  const entries: Entries = [
    ['tokenizer.ggml.model', text('t5')],
    ['tokenizer.ggml.tokens', strings(pieces.map(([piece]) => piece))],
    ['tokenizer.ggml.scores', floats(pieces.map(([, score]) => score))],
    ['tokenizer.ggml.token_type', int32s(pieces.map(([, , type]) => type))],
    ['tokenizer.ggml.unknown_token_id', uint32(0)],
    ['tokenizer.ggml.eos_token_id', uint32(2)],
    ['tokenizer.ggml.add_space_prefix', flag(prefix)],
    ['tokenizer.ggml.remove_extra_whitespaces', flag(merges)],
    [
      'tokenizer.ggml.precompiled_charsmap',
      { type: 'array', of: 'uint8', value: Uint8Array.from(Buffer.from(charsmap, 'base64')) },
    ],
  ];
  return readTokenizer(new Metadata(new Map(entries)));
}

test.each(golden.models)('texts become what SentencePiece makes of them: $name', ({ ids, ...model }) => {
  const tokenizer = tokenizerOf(model);
  const wrong = golden.texts.flatMap((text, i) => {
    const ours = tokenizer.encode(text);
    return ours.join() === ids[i]!.join() ? [] : [{ text, ours, theirs: ids[i] }];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
});

describe('a map of characters', () => {
  const model = golden.models[0]!;

  test.each([
    { why: 'is empty', bytes: [] },
    { why: 'says it is longer than it is', bytes: [255, 255, 255, 127, 0, 0, 0, 0, 0] },
    { why: 'is no whole number of units', bytes: [3, 0, 0, 0, 1, 2, 3, 0] },
    { why: 'ends within a text', bytes: [4, 0, 0, 0, 0, 0, 0, 0, 65] },
  ])('that $why is refused', ({ bytes }) => {
    const charsmap = Buffer.from(bytes).toString('base64');
    expect(() => tokenizerOf({ ...model, charsmap })).toThrow(/tokenizer.ggml.precompiled_charsmap/);
  });

  test('that points outside itself is refused when it does', () => {
    const charsmap = Buffer.from([4, 0, 0, 0, 255, 255, 255, 127, 0]).toString('base64');
    expect(() => tokenizerOf({ ...model, charsmap }).encode('a')).toThrow(/points outside itself/);
  });
});

test('a text ends with EOS, and gets its first space back off', () => {
  const tokenizer = tokenizerOf(golden.models[0]!);
  const ids = tokenizer.encode('the people', { addSpecial: true });
  expect(ids.at(-1)).toBe(2);
  expect(tokenizer.decode(ids)).toBe('the people');
});

test('unknown characters in a row are one unknown token', () => {
  const tokenizer = readTokenizer(
    new Metadata(new Map(scoredVocabulary('t5', [['tokenizer.ggml.unknown_token_id', uint32(0)]]))),
  );
  const texts = tokenizer.encode('a☃☃☃a').map((id) => tokenizer.tokenText(id));
  expect(texts).toEqual(['a', '<unk>', 'a']);
});
