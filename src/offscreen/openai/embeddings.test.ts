import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toFailure } from '../../protocol/errors.ts';
import { MAX_EMBEDDING_INPUTS, MAX_PROMPT_CHARS } from '../../protocol/limits.ts';
import { embeddingList, parseEmbed, parseEmbeddings } from './embeddings.ts';

/** How a parse failed: the field that it names and its code. */
function failureOf(parse: (body: unknown) => unknown, body: unknown): { code: string; param?: string } {
  try {
    parse(body);
  } catch (error) {
    return error as { code: string; param: string };
  }
  throw new Error(`This was taken: ${JSON.stringify(body)}`);
}

test.each([
  { why: 'one text', input: 'hello', inputs: ['hello'] },
  { why: 'texts', input: ['a', 'b'], inputs: ['a', 'b'] },
  { why: 'one text’s ids', input: [1, 2, 3], inputs: [[1, 2, 3]] },
  { why: 'several texts’ ids', input: [[1], [2, 3]], inputs: [[1], [2, 3]] },
])('the input may be $why', ({ input, inputs }) => {
  expect(parseEmbeddings({ model: 'm', input })).toEqual({
    input: { model: 'm', inputs, dimensions: undefined, normalise: true },
    encoding: 'float',
  });
});

test('every field that is followed arrives', () => {
  const { input, encoding } = parseEmbeddings({
    model: 'm',
    input: 'x',
    dimensions: 64,
    encoding_format: 'base64',
    user: 'somebody',
  });
  expect([input.dimensions, encoding]).toEqual([64, 'base64']);
  expect(parseEmbed({ input: 'x', normalise: false, dimensions: null })).toEqual({
    model: undefined,
    inputs: ['x'],
    dimensions: undefined,
    normalise: false,
  });
});

test.each([
  { why: 'no input', body: {}, param: 'input' },
  { why: 'an empty text', body: { input: '' }, param: 'input' },
  { why: 'an empty text among others', body: { input: ['a', ''] }, param: 'input' },
  { why: 'no texts', body: { input: [] }, param: 'input' },
  { why: 'texts and ids mixed', body: { input: ['a', [1]] }, param: 'input' },
  { why: 'empty ids', body: { input: [[1], []] }, param: 'input' },
  { why: 'ids that are none', body: { input: [1, -1] }, param: 'input' },
  { why: 'holes', body: { input: Array(3) }, param: 'input' },
  { why: 'an object', body: { input: { text: 'a' } }, param: 'input' },
  {
    why: 'too many texts',
    body: { input: Array(MAX_EMBEDDING_INPUTS + 1).fill('a') },
    param: 'input',
  },
  { why: 'no dimensions at all', body: { input: 'x', dimensions: 0 }, param: 'dimensions' },
  { why: 'half a dimension', body: { input: 'x', dimensions: 1.5 }, param: 'dimensions' },
  { why: 'another encoding', body: { input: 'x', encoding_format: 'int8' }, param: 'encoding_format' },
  { why: 'a field that nobody knows', body: { input: 'x', truncate: 'END' }, param: 'truncate' },
])('$why: refused, by the field’s name', ({ body, param }) => {
  expect(failureOf(parseEmbeddings, body)).toMatchObject({ code: 'bad-input', param });
});

test('texts that are too long together are refused', () => {
  const half = 'x'.repeat(MAX_PROMPT_CHARS / 2);
  expect(parseEmbed({ input: [half, half] }).inputs).toHaveLength(2);
  expect(failureOf(parseEmbed, { input: [half, half, 'x'] })).toMatchObject({ code: 'too-long' });
});

test('anything else is refused with a sentence, and nothing breaks', () => {
  fc.assert(
    fc.property(fc.object({ key: fc.constantFrom('input', 'model', 'dimensions', 'x') }), (body) => {
      try {
        parseEmbeddings(body);
      } catch (error) {
        expect(toFailure(error).code).toMatch(/^(bad-input|too-long)$/);
      }
    }),
  );
});

const OUTPUT = {
  model: 'm',
  vectors: [Float32Array.of(0.5, -1.25), Float32Array.of(1e-9, 3)],
  usage: { promptTokens: 7 },
};

test('the answer is OpenAI’s list, with numbers', () => {
  expect(embeddingList(OUTPUT, 'float')).toEqual({
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: [0.5, -1.25] },
      { object: 'embedding', index: 1, embedding: [Math.fround(1e-9), 3] },
    ],
    model: 'm',
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
});

test('or with the bytes of their f32 in base64', () => {
  const { data } = embeddingList(OUTPUT, 'base64') as { data: { embedding: string }[] };
  for (const [i, { embedding }] of data.entries()) {
    const bytes = Buffer.from(embedding, 'base64');
    const values = Float32Array.from({ length: 2 }, (_, at) => bytes.readFloatLE(4 * at));
    expect(values).toEqual(OUTPUT.vectors[i]);
  }
});

const SPECIFICATION = join(import.meta.dirname, '../../../../shared/data/openai-openapi/openapi.yaml');

test('every field of OpenAI’s specification is known, and its limits are ours', ({ skip }) => {
  skip(!existsSync(SPECIFICATION), 'OpenAI’s specification is not beside this checkout.');
  const schema = schemaOf('CreateEmbeddingRequest');
  const names = [...schema.matchAll(/^ {8}(\w+):/gm)].map(([, name]) => name!);
  expect(names.sort()).toEqual(['dimensions', 'encoding_format', 'input', 'model', 'user']);
  expect(new Set([...schema.matchAll(/maxItems: (\d+)/g)].map(([, most]) => Number(most)))).toEqual(
    new Set([MAX_EMBEDDING_INPUTS]),
  );
  const answer = embeddingList(OUTPUT, 'float') as { data: object[] };
  expect(Object.keys(answer).sort()).toEqual(requiredOf('CreateEmbeddingResponse').sort());
  expect(Object.keys(answer.data[0]!).sort()).toEqual(requiredOf('Embedding').sort());
});

/** The lines of one schema. */
function schemaOf(name: string): string {
  const text = readFileSync(SPECIFICATION, 'utf8');
  const start = text.indexOf(`\n    ${name}:\n`) + 1;
  const end = text.slice(start).search(/\n {4}\w+:\n(?= {6}type)/);
  return text.slice(start, start + end);
}

/** What the schema itself requires, not what is in it. */
function requiredOf(name: string): string[] {
  const list = /\n {6}required:\n((?: {8}- \w+\n)+)/.exec(`${schemaOf(name)}\n`)![1]!;
  return [...list.matchAll(/- (\w+)/g)].map(([, field]) => field!);
}
