import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { countPages, fromPaged, pagedIndex, shuffledPages } from '../kv/reference.ts';
import type { KvType } from '../kv/kv.ts';
import { ropeReference } from './reference.ts';
import { rope } from './rope.ts';
import { pairFrequencies, rotationTable } from './rotation-table.ts';

const gpu = await openGpu();

const cases = [
  { why: 'one head of four quads', heads: 1, kvHeads: 1, headDim: 16, rotaryDim: 16 },
  { why: 'grouped heads and a partial rotation', heads: 6, kvHeads: 2, headDim: 20, rotaryDim: 12 },
  { why: 'a rotation whose halves cut a quad', heads: 2, kvHeads: 1, headDim: 24, rotaryDim: 10 },
  { why: 'no rotation', heads: 2, kvHeads: 1, headDim: 16, rotaryDim: 0 },
];
const rows = [
  { sequence: 1, position: 0 },
  { sequence: 0, position: 3 },
  { sequence: 1, position: 4 },
  { sequence: 2, position: 9 },
];

test.each(cases.flatMap((shape) => (['adjacent', 'halves'] as const).map((pairs) => ({ ...shape, pairs }))))(
  'turns q and k and keeps k and v for $why, pairs $pairs',
  async ({ heads, kvHeads, headDim, rotaryDim, pairs }) => {
    const shape = {
      rows: rows.length,
      heads,
      kvHeads,
      headDim,
      rotaryDim,
      pairs,
      page: 4,
      maxPages: 3,
      threads: 8,
    };
    const { qkv, pages, q, k, v } = await run('f32', shape);

    const frequencies = pairFrequencies({ positions: 10, rotaryDim, base: 100 });
    const width = (heads + 2 * kvHeads) * headDim;
    const untouched = { k: new Set(k.keys()), v: new Set(v.keys()) };
    for (const [n, { sequence, position }] of rows.entries()) {
      const head = (h: number) => qkv.subarray(n * width + h * headDim, n * width + (h + 1) * headDim);
      for (let h = 0; h < heads; h++) {
        const expected = ropeReference(head(h), position, frequencies, pairs);
        const at = (n * heads + h) * headDim;
        expect(relativeError(q.subarray(at, at + headDim), expected)).toBeLessThan(1e-6);
      }
      for (let h = 0; h < kvHeads; h++) {
        const at = pagedIndex(pages, shape, sequence, position, h);
        const key = ropeReference(head(heads + h), position, frequencies, pairs);
        expect(relativeError(k.subarray(at, at + headDim), key)).toBeLessThan(1e-6);
        expect([...v.subarray(at, at + headDim)]).toEqual([...head(heads + kvHeads + h)]);
        for (let d = 0; d < headDim; d++) {
          untouched.k.delete(at + d);
          untouched.v.delete(at + d);
        }
      }
    }
    expect([...untouched.k].every((i) => Number.isNaN(k[i]))).toBe(true);
    expect([...untouched.v].every((i) => Number.isNaN(v[i]))).toBe(true);
  },
);

test('an f16 cache keeps k and v to half precision, and numbers past its range at its edge', async () => {
  const shape = {
    rows: rows.length,
    heads: 2,
    kvHeads: 1,
    headDim: 16,
    rotaryDim: 16,
    pairs: 'halves' as const,
    page: 4,
    maxPages: 3,
    threads: 16,
  };
  const wide = await run('f32', shape);
  const narrow = await run('f16', shape);
  const written = [...wide.v.keys()].filter((i) => !Number.isNaN(wide.v[i]));
  for (const kept of ['k', 'v'] as const) {
    const expected = written.map((i) => wide[kept][i]!);
    expect(
      relativeError(
        written.map((i) => narrow[kept][i]!),
        expected,
      ),
    ).toBeLessThan(1e-3);
  }

  const edge = await run('f16', shape, 1e6);
  expect(Math.max(...written.map((i) => Math.abs(edge.v[i]!)))).toBe(65_504);
});

test('a cache of int8 keeps k and v to half a step of their 32', async () => {
  const headDim = 40;
  const shape = {
    ...{ rows: rows.length, heads: 2, kvHeads: 2, headDim, rotaryDim: 40, pairs: 'halves' as const },
    ...{ page: 4, maxPages: 3, threads: 16 },
  };
  const wide = await run('f32', shape);
  const narrow = await run('q8_0', shape);
  for (const kept of ['k', 'v'] as const) {
    const first = [...wide[kept].keys()].filter((i) => i % headDim === 0 && !Number.isNaN(wide[kept][i]));
    expect(first).toHaveLength(rows.length * 2);
    for (const at of first.flatMap((head) => [head, head + 32])) {
      const end = at + (at % headDim === 0 ? 32 : 8);
      const exact = wide[kept].subarray(at, end);
      const step = Math.max(...exact.map(Math.abs)) / 127;
      for (const [i, value] of exact.entries())
        expect(Math.abs(narrow[kept][at + i]! - value)).toBeLessThan(step * 0.501);
    }
  }
});

test('q grows by steps with its position', async () => {
  const shape = {
    ...{ rows: rows.length, heads: 2, kvHeads: 1, headDim: 16, rotaryDim: 16, pairs: 'halves' as const },
    ...{ page: 4, maxPages: 3, threads: 16 },
  };
  const plain = await run('f32', shape);
  const grown = await run('f32', { ...shape, temperature: { scale: 0.1, length: 4, offset: 1 } });
  expect([...grown.k]).toEqual([...plain.k]);
  for (const [n, { position }] of rows.entries()) {
    const factor = 1 + 0.1 * Math.log(1 + Math.floor((position + 1) / 4));
    const of = ({ q }: { q: Float32Array }) => q.subarray(n * 32, (n + 1) * 32);
    expect(
      relativeError(
        of(grown),
        of(plain).map((value) => value * factor),
      ),
    ).toBeLessThan(1e-6);
  }
});

async function run(kv: KvType, shape: Parameters<ReturnType<typeof rope>['constants']>[0], size = 1) {
  const { heads, kvHeads, headDim, rotaryDim, page } = shape;
  const lengths = [4, 5, 10];
  const pages = shuffledPages(lengths, shape);
  const qkv = randomFloats(rows.length * (heads + 2 * kvHeads) * headDim, size);
  const cache = countPages(lengths, page) * kvHeads * page * headDim;
  const kept = {
    f32: { write: Float32Array, length: cache },
    f16: { write: Uint16Array, length: cache },
    q8_0: { write: Uint32Array, length: (cache / headDim) * (headDim / 4 + Math.ceil(headDim / 32)) },
  }[kv];
  const [q, k, v] = await runKernel(gpu, rope(kv), shape, [
    qkv,
    rotationTable({ positions: 10, rotaryDim: Math.max(2, rotaryDim), base: 100 }),
    pages,
    Uint32Array.from(rows.flatMap(({ position, sequence }) => [1, position, sequence, 0])),
    { write: Float32Array, length: rows.length * heads * headDim },
    kept,
    kept,
  ]);
  const numbers = (values: Float32Array) => fromPaged(values, kv, headDim);
  return { qkv, pages, q: q!, k: numbers(k!), v: numbers(v!) };
}
