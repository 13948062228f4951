import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Metadata } from '../gguf/metadata.ts';
import { readGguf } from '../gguf/read-gguf.ts';
import type { GgufValue } from '../gguf/values.ts';
import { writeGguf } from '../gguf/write-gguf.ts';
import { readTokenizer, type Tokenizer } from './index.ts';

const data = new URL('../../../shared/data/', import.meta.url);
const isAbsent = !existsSync(new URL('gguf-vocab/', data));

async function metadataOf(bytes: Uint8Array): Promise<Metadata> {
  const { metadata } = await readGguf({
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  });
  return metadata;
}

/** A tokenizer as it comes out of a file with these entries, by way of the file. */
async function tokenizerOf(entries: Iterable<readonly [string, GgufValue]>): Promise<Tokenizer> {
  return readTokenizer(await metadataOf(writeGguf({ metadata: entries })));
}

const read = (path: string) => readFileSync(new URL(path, data));
const readJson = (path: string) => JSON.parse(read(path).toString('utf8'));
const strings = (value: string[]): GgufValue => ({ type: 'array', of: 'string', value });
const string = (value: string): GgufValue => ({ type: 'string', value });
const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });

/** The 47 texts of llama.cpp's own tests, with the tokens of one vocabulary. */
function vectors(vocabulary: string): { text: string; ids: number[] }[] {
  const path = `gguf-vocab/ggml-vocab-${vocabulary}.gguf`;
  const texts = read(`${path}.inp`).toString('utf8').split('\n__ggml_vocab_test__\n');
  const lines = read(`${path}.out`).toString('utf8').split('\n');
  return texts.map((text, i) => ({ text, ids: lines[i]!.trim().split(' ').filter(Boolean).map(Number) }));
}

describe.skipIf(isAbsent)('vocabularies as published (needs ../shared/data)', () => {
  const open = async (vocabulary: string, pre?: string) => {
    const metadata = await metadataOf(read(`gguf-vocab/ggml-vocab-${vocabulary}.gguf`));
    return tokenizerOf([...metadata.entries, ...(pre ? [['tokenizer.ggml.pre', string(pre)] as const] : [])]);
  };

  test.each(['llama-spm', 'phi-3', 'gpt-2', 'deepseek-coder', 'bert-bge'])(
    'the texts of %s become the tokens that llama.cpp stored',
    async (vocabulary) => {
      const tokenizer = await open(vocabulary);
      for (const { text, ids } of vectors(vocabulary)) expect(tokenizer.encode(text), text).toEqual(ids);
    },
  );

  test.each(['llama-spm', 'phi-3', 'gpt-2', 'deepseek-coder'])(
    'the tokens of %s become their texts again, at once and one by one',
    async (vocabulary) => {
      const tokenizer = await open(vocabulary);
      for (const { text, ids } of vectors(vocabulary)) {
        expect(tokenizer.decode(ids)).toBe(text);
        const decoder = tokenizer.decoder();
        const pieces = ids.map((id) => decoder.push(id));
        expect(pieces.join('') + decoder.end()).toBe(text);
        for (const piece of pieces) expect(piece).not.toContain('\ufffd');
      }
    },
  );

  const golden: {
    texts: string[];
    vocabularies: {
      vocabulary: string;
      pre?: string;
      plain: number[][];
      special: (number[] | null)[];
      endIds: number[];
    }[];
  } = JSON.parse(readFileSync(new URL('golden/llama-cpp.json', import.meta.url), 'utf8'));

  test.each(golden.vocabularies)(
    'strange texts become what llama.cpp makes of them: $vocabulary, cut as $pre',
    async ({ vocabulary, pre, plain, special, endIds }) => {
      const tokenizer = await open(vocabulary, pre);
      golden.texts.forEach((text, i) => {
        expect(tokenizer.encode(text), text).toEqual(plain[i]);
        expect(tokenizer.encode(text, { parseSpecial: true }), text).toEqual(special[i] ?? plain[i]);
      });
      expect([...tokenizer.endIds].sort((a, b) => a - b)).toEqual(endIds);
    },
  );

  test('the SentencePiece model of Llama 2 gives the same tokens as its conversion', async () => {
    const pieces = sentencePieces(read('llama2c-tokenizer/tokenizer.model'));
    const tokenizer = await tokenizerOf([
      ['tokenizer.ggml.model', string('llama')],
      ['tokenizer.ggml.tokens', strings(pieces.map(({ text }) => text))],
      [
        'tokenizer.ggml.scores',
        { type: 'array', of: 'float32', value: Float32Array.from(pieces, ({ score }) => score) },
      ],
      [
        'tokenizer.ggml.token_type',
        { type: 'array', of: 'int32', value: Int32Array.from(pieces, ({ type }) => type) },
      ],
    ]);
    for (const { text, ids } of vectors('llama-spm')) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  test('SmolLM gives the tokens that Hugging Face gives', async () => {
    const { model, added_tokens } = readJson('smollm-360m-tokenizer/tokenizer.json');
    const texts: string[] = [];
    for (const [text, id] of Object.entries<number>(model.vocab)) texts[id] = text;
    const types = new Int32Array(texts.length).fill(1);
    for (const { id } of added_tokens) types[id] = 3;
    const tokenizer = await tokenizerOf([
      ['tokenizer.ggml.model', string('gpt2')],
      ['tokenizer.ggml.pre', string('smollm')],
      ['tokenizer.ggml.tokens', strings(texts)],
      ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', value: types }],
      ['tokenizer.ggml.merges', strings(model.merges)],
      ['tokenizer.ggml.bos_token_id', uint32(1)],
      ['tokenizer.ggml.eos_token_id', uint32(2)],
    ]);
    for (const { text, ids } of readJson('smollm-360m-tokenizer/expected_ids.json')) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
    expect(tokenizer.encode('<|im_start|>user', { parseSpecial: true })).toEqual([
      1,
      ...tokenizer.encode('user'),
    ]);
  });

  test('MiniLM has the vocabulary of BERT, so it gives the same tokens as BGE', async () => {
    const lines = read('minilm-tokenizer/vocab.txt').toString('utf8').trimEnd().split('\n');
    const types = Int32Array.from(lines, (line) => (/^\[(PAD|UNK|CLS|SEP|MASK)\]$/.test(line) ? 3 : 1));
    const tokenizer = await tokenizerOf([
      ['tokenizer.ggml.model', string('bert')],
      [
        'tokenizer.ggml.tokens',
        // What converters do: the mark goes from the middle of words to their beginnings
        strings(
          lines.map((line, i) =>
            types[i] === 3 ? line : line.startsWith('##') ? line.slice(2) : `▁${line}`,
          ),
        ),
      ],
      ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', value: types }],
    ]);
    for (const { text, ids } of vectors('bert-bge')) expect(tokenizer.encode(text), text).toEqual(ids);
    expect(tokenizer.encode('hello', { addSpecial: true })).toEqual([101, 7592, 102]);
    expect(tokenizer.decode([101, 7592, 100, 2088, 102])).toBe('hello world');
  });

  test('a megabyte without a space is encoded in a time that grows with its length, not its square', async () => {
    const tokenizer = await open('gpt-2');
    const cpuMs = (text: string) => {
      const before = process.cpuUsage();
      tokenizer.encode(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const letters = (count: number) =>
      Array.from({ length: count }, (_, i) => 'etaoinshrdlu'[(i * i) % 12]).join('');
    cpuMs(letters(10_000));
    const [short, long] = [cpuMs(letters(2 ** 16)), cpuMs(letters(2 ** 20))];
    expect(long / short).toBeLessThan(16 * 6);
  });
});

/** Pieces of a SentencePiece model, read from its protocol buffer: field 1 of the model, fields 1 to 3 of a piece. */
function sentencePieces(model: Buffer): { text: string; score: number; type: number }[] {
  const fields = (bytes: Buffer): { field: number; value: number; bytes: Buffer }[] => {
    const found = [];
    let at = 0;
    const varint = () => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[at++]!;
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = varint();
      const kind = tag & 7;
      const value = kind === 0 || kind === 2 ? varint() : 0;
      const length = kind === 2 ? value : kind === 5 ? 4 : kind === 1 ? 8 : 0;
      found.push({ field: tag >> 3, value, bytes: bytes.subarray(at, at + length) });
      at += length;
    }
    return found;
  };
  return fields(model)
    .filter(({ field }) => field === 1)
    .map((piece) => {
      const parts = new Map(fields(piece.bytes).map((part) => [part.field, part]));
      return {
        text: parts.get(1)!.bytes.toString('utf8'),
        score: parts.get(2)!.bytes.readFloatLE(),
        type: parts.get(3)?.value ?? 1,
      };
    });
}
