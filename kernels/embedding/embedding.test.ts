import { expect, test } from 'vitest';
import { openGpu, relativeError, runKernel } from '../../test/gpu.ts';
import { measured } from '../../test/measured.ts';
import { quantFormats } from '../quants/index.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import { embedding } from './embedding.ts';
import { embeddingReference } from './reference.ts';

const gpu = await openGpu();

const SAMPLED = 0xffffffff;
const NONE = 0xffffffff;
/** A step of rows, each a token for a sequence. */
const stepOf = (rows: [token: number, sequence: number][]) =>
  Uint32Array.from(rows.flatMap(([token, sequence], position) => [token, position, sequence, NONE]));

test.for(quantFormats.map((format) => [format.name, format] as const))(
  'gives the rows of a table of %s, for tokens of the step and for tokens that sequences sampled',
  async ([, format]) => {
    const ids = 7;
    // Rows that end inside a unit, where the type has such
    const k = format.blockValues === 256 ? 512 : format.blockValues === 32 ? 96 : 44;
    const bytes = randomRows(format, ids, k);
    const { quants, scales } = format.pack(bytes, ids, k);
    const step = stepOf([
      [6, 0],
      [SAMPLED, 2],
      [0, 1],
      [SAMPLED, 0],
    ]);
    const sampled = Uint32Array.of(3, 0, 5);

    const [out] = await runKernel(gpu, embedding(format), { rows: 4, k, firstId: 0, ids }, [
      quants,
      scales.length > 0 ? scales : new Uint32Array(4),
      step,
      sampled,
      { write: Float32Array, length: 4 * k },
    ]);

    const expected = embeddingReference(dequantizeRows(format, bytes), [6, 5, 0, 3], k);
    expect(measured('type', format.name, 'embedding', relativeError(out!, expected))).toBeLessThan(1e-6);
  },
);

test('a part of a table gives the rows of its tokens and leaves the others as they are', async () => {
  const [k, ids] = [32, 4];
  const format = quantFormats.find(({ name }) => name === 'Q8_0')!;
  const bytes = randomRows(format, ids, k);
  const { quants, scales } = format.pack(bytes, ids, k);
  const start = new Float32Array(5 * k).fill(7);
  const step = stepOf([
    [9, 0],
    [10, 0],
    [13, 0],
    [14, 0],
    [0, 0],
  ]);

  const [out] = await runKernel(gpu, embedding(format), { rows: 5, k, firstId: 10, ids }, [
    quants,
    scales,
    step,
    Uint32Array.of(0),
    { write: Float32Array, length: start.length, start },
  ]);

  const [first, last] = [0, 3].map((id) => embeddingReference(dequantizeRows(format, bytes), [id], k));
  const untouched = Array<number>(k).fill(7);
  expect(relativeError(out!, [...untouched, ...first!, ...last!, ...untouched, ...untouched])).toBeLessThan(
    1e-6,
  );
});

test('a scale multiplies every value', async () => {
  const [k, ids] = [32, 4];
  const format = quantFormats.find(({ name }) => name === 'F16')!;
  const bytes = randomRows(format, ids, k);
  const { quants } = format.pack(bytes, ids, k);

  const [out] = await runKernel(gpu, embedding(format), { rows: 1, k, firstId: 0, ids, scale: 5.5 }, [
    quants,
    new Uint32Array(4),
    stepOf([[2, 0]]),
    Uint32Array.of(0),
    { write: Float32Array, length: k },
  ]);

  const expected = embeddingReference(dequantizeRows(format, bytes), [2], k);
  expect(
    relativeError(
      out!,
      expected.map((value) => 5.5 * value),
    ),
  ).toBeLessThan(1e-6);
});

test.each([
  { key: 'position', ids: [0, 1, 2, 3] },
  { key: 'first', ids: [0, 0, 0, 0] },
] as const)('by $key, whatever the tokens are, added to what is there', async ({ key, ids }) => {
  const k = 32;
  const format = quantFormats.find(({ name }) => name === 'F32')!;
  const bytes = randomRows(format, 5, k);
  const { quants, scales } = format.pack(bytes, 5, k);
  const start = new Float32Array(4 * k).fill(7);
  const step = stepOf([
    [9, 0],
    [SAMPLED, 0],
    [4, 0],
    [2, 0],
  ]);

  const shape = { rows: 4, k, firstId: 0, ids: 5, key, add: true };
  const [out] = await runKernel(gpu, embedding(format), shape, [
    quants,
    scales.length > 0 ? scales : new Uint32Array(4),
    step,
    Uint32Array.of(3),
    { write: Float32Array, length: 4 * k, start },
  ]);

  const expected = embeddingReference(dequantizeRows(format, bytes), ids, k).map((value) => value + 7);
  expect(relativeError(out!, expected)).toBeLessThan(1e-6);
});
