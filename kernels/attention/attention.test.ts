import { describe, expect, test } from 'vitest';
import { type Argument, openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { headNorm } from '../head-norm/head-norm.ts';
import type { Kernel } from '../kernel.ts';
import type { KvType } from '../kv/kv.ts';
import { asKept, shuffledPages, toPaged } from '../kv/reference.ts';
import { rope } from '../rope/rope.ts';
import { rotationTable } from '../rope/rotation-table.ts';
import {
  type AttentionShape,
  attentionCombine,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
  type DecodeAttentionShape,
  type DecodeLanes,
  decodeChunks,
  partialBytes,
  TILE_ROWS,
} from './attention.ts';
import { attentionReference } from './reference.ts';

const gpu = await openGpu();

/** One dispatch's worth: rows of sequences whose caches hold `lengths` positions. */
interface Case {
  why: string;
  sizes: Sizes;
  lengths: number[];
  /** Consecutive rows of one sequence, as prompts come; decoding rows are runs of one. */
  runs: { sequence: number; position: number; rows: number }[];
  hasSinks?: true;
  /** Enough for a variant that shares all but its own division of the work with others: each compiles for long. */
  isEnough?: true;
}
type Sizes = Omit<AttentionShape, 'scale'>;

// Few sizes and many cases, since a software adapter compiles for longer than it runs
const grouped: Sizes = { heads: 6, kvHeads: 2, headDim: 20, page: 4, maxPages: 20, window: 0 };
const windowed: Sizes = { ...grouped, window: 5 };
const large: Sizes = { heads: 5, kvHeads: 1, headDim: 256, page: 8, maxPages: 3, window: 0 };

const interleaved: Case = {
  why: 'sequences interleaved, one in two places of the step',
  sizes: grouped,
  lengths: [9, 3, 14],
  runs: [
    { sequence: 2, position: 13, rows: 1 },
    { sequence: 0, position: 2, rows: 3 },
    { sequence: 1, position: 2, rows: 1 },
    { sequence: 0, position: 5, rows: 4 },
  ],
};
const cases: Case[] = [
  interleaved,
  { why: 'one position', sizes: grouped, lengths: [1], runs: [{ sequence: 0, position: 0, rows: 1 }] },
  {
    why: 'exactly a page, and one position more',
    sizes: grouped,
    lengths: [4, 5],
    runs: [
      { sequence: 0, position: 3, rows: 1 },
      { sequence: 1, position: 4, rows: 1 },
    ],
  },
  {
    why: 'a prompt longer than a tile, behind a cached start',
    isEnough: true,
    sizes: grouped,
    lengths: [75],
    runs: [{ sequence: 0, position: 5, rows: 70 }],
  },
  {
    why: 'windows whose edge is before, at and after the first position',
    sizes: windowed,
    lengths: [7, 40],
    runs: [
      { sequence: 0, position: 3, rows: 4 },
      { sequence: 1, position: 39, rows: 1 },
    ],
  },
  {
    why: 'a window shorter than a tile of positions',
    sizes: windowed,
    lengths: [70],
    runs: [{ sequence: 0, position: 20, rows: 50 }],
  },
  {
    why: 'windows that begin at multiples of their length',
    isEnough: true,
    sizes: { ...windowed, isAligned: true },
    lengths: [7, 40],
    runs: [
      { sequence: 0, position: 3, rows: 4 },
      { sequence: 1, position: 38, rows: 1 },
      { sequence: 1, position: 20, rows: 12 },
    ],
  },
  {
    why: 'a sink of each head, and scores with a cap',
    isEnough: true,
    sizes: { ...grouped, cap: 1.5 },
    lengths: [9, 40],
    runs: [
      { sequence: 0, position: 8, rows: 1 },
      { sequence: 1, position: 0, rows: 5 },
      { sequence: 1, position: 39, rows: 1 },
    ],
    hasSinks: true,
  },
  {
    why: 'the largest head, five of which share keys',
    sizes: large,
    lengths: [19],
    runs: [{ sequence: 0, position: 16, rows: 3 }],
  },
];

interface Given {
  q: Float32Array;
  k: ReturnType<typeof toPaged>;
  v: ReturnType<typeof toPaged>;
  pages: Uint32Array;
  step: Uint32Array;
  tiles: Uint32Array;
  sinks: Float32Array | undefined;
}
type Shape = AttentionShape & { rows: number };
type Attend = (kv: KvType, shape: Shape, given: Given) => Promise<Float32Array>;

const simple: Attend = (kv, shape, given) =>
  attend(attentionSimple(kv, sinksOf(given)), { ...shape, threads: 4 }, given, given.step);

const prefill: Attend = (kv, shape, given) =>
  attend(
    attentionPrefill(kv, sinksOf(given)),
    { ...shape, tiles: given.tiles.length / 4 },
    given,
    given.tiles,
  );

const decode =
  (lanes: DecodeLanes, chunkPositions: number): Attend =>
  async (kv, shape, given) => {
    const wide = decodeShape(shape, given, chunkPositions);
    const kernel = attentionDecode({ kv, lanes, from: 'cached', sinks: sinksOf(given) });
    const read = [given.q, given.k, given.v, given.pages, given.step];
    return combined(kernel, wide, given, read, bound(given.sinks));
  };

/** Rows of up to `chunkPositions` positions are alone, others in chunks of as many. */
function decodeShape(wide: Shape, { step }: Given, chunkPositions: number): DecodeAttentionShape {
  const shape = {
    ...wide,
    threads: 64,
    block: 4,
    subgroupSize: gpu.info.subgroupMinSize,
    alonePositions: chunkPositions,
    chunkPositions,
    mostChunks: 3,
  };
  const positions = step.filter((_, i) => i % 4 === 1);
  return {
    ...shape,
    chunks: Math.max(...Array.from(positions, (position) => decodeChunks(position, shape))),
  };
}

/** What decoding gives: rows of one chunk by itself, the others combined. */
async function combined(
  kernel: Kernel<DecodeAttentionShape>,
  shape: DecodeAttentionShape,
  given: Given,
  before: Argument[],
  after: Argument[],
): Promise<Float32Array> {
  const out = { write: Float32Array, length: given.q.length };
  const partials = { write: Float32Array, length: partialBytes(shape) / 4 };
  const written = await runKernel(gpu, kernel, shape, [...before, out, partials, ...after]);
  const [alone, chunks] = written.slice(-2);
  if (shape.chunks === 1) return alone!;

  const args = [chunks!, given.step, { ...out, start: alone! }, ...bound(given.sinks)];
  const [values] = await runKernel(gpu, attentionCombine(sinksOf(given)), shape, args);
  return values!;
}

const noSubgroups = !gpu.has('subgroups') && 'This adapter has no subgroups.';
/** Heads of whole eights, fewer than the lanes that a stream has: the last lane of a stream has nothing. */
const eights = { headDim: 6 * Math.min(16, gpu.info.subgroupMinSize ?? 4) };
const variants: { name: string; attend: Attend; lacks?: string | false; heads?: typeof eights }[] = [
  { name: 'simple', attend: simple },
  // Steps of up to 16 positions take the path of one chunk, others are combined
  { name: 'decode', attend: decode('workgroup', 16) },
  { name: 'decode with subgroups', attend: decode('subgroup', 16), lacks: noSubgroups },
  { name: 'decode in streams', attend: decode('streams', 16), lacks: noSubgroups, heads: eights },
  { name: 'prefill', attend: prefill },
];

describe.each(variants)('attention, $name', ({ attend, lacks, heads }) => {
  const fitting = (c: Case): Case => ({ ...c, sizes: { ...c.sizes, ...heads } });

  test.for(heads ? cases.filter(({ isEnough }) => isEnough) : cases)(
    'matches the reference for $why',
    async (c, { skip }) => {
      skip(Boolean(lacks), lacks || '');
      const { shape, given, expected } = prepare(fitting(c), 'f32');
      expect(relativeError(await attend('f32', shape, given), expected.rounded)).toBeLessThan(1e-5);
    },
  );

  test.for([
    { kv: 'f16', sizes: grouped, bound: 2e-3 },
    // Two blocks of 32 and a shorter one, each with a scale
    { kv: 'q8_0', sizes: { ...grouped, headDim: 80 }, bound: 2e-2 },
  ] as const)(
    'reads a cache of $kv, heads of $sizes.headDim, as exactly as it is kept',
    async ({ kv, sizes, bound }, { skip }) => {
      skip(Boolean(lacks), lacks || '');
      const { shape, given, expected } = prepare(fitting({ ...interleaved, sizes }), kv);
      const out = await attend(kv, shape, given);
      expect(relativeError(out, expected.rounded)).toBeLessThan(1e-5);
      expect(relativeError(out, expected.exact)).toBeLessThan(bound);
    },
  );

  test('scores in the hundreds neither overflow nor lose the highest', async ({ skip }) => {
    skip(Boolean(lacks), lacks || '');
    const { shape, given, expected } = prepare(fitting(interleaved), 'f32', 100);
    expect(relativeError(await attend('f32', shape, given), expected.rounded)).toBeLessThan(1e-4);
  });
});

test('a row of a decoding step has the same bits whatever else is in the step', async () => {
  const attend = decode('workgroup', 16);
  const { shape, given } = prepare(
    {
      why: 'a short sequence beside one of three chunks',
      sizes: grouped,
      lengths: [14, 40],
      runs: [
        { sequence: 0, position: 13, rows: 1 },
        { sequence: 1, position: 39, rows: 1 },
      ],
    },
    'f32',
  );
  const width = shape.heads * shape.headDim;
  const both = await attend('f32', shape, given);
  const alone = await attend(
    'f32',
    { ...shape, rows: 1 },
    { ...given, q: given.q.slice(0, width), step: given.step.slice(0, 4) },
  );
  expect([...both.slice(0, width)]).toEqual([...alone]);
});

describe.each(['workgroup', 'subgroup', 'streams'] as const)(
  'attention that turns q and caches k and v, %s',
  (lanes) => {
    const sizes = lanes === 'streams' ? { ...grouped, ...eights } : grouped;
    const turns = [
      { kv: 'f16', pairs: 'halves', rotaryDim: 20, temperature: undefined, norms: 'no norms' },
      {
        kv: 'f32',
        pairs: 'adjacent',
        rotaryDim: 12,
        temperature: { scale: 0.5, length: 8, offset: 1 },
        norms: 'no norms',
      },
      { kv: 'q8_0', pairs: 'halves', rotaryDim: 0, temperature: undefined, norms: 'no norms' },
      { kv: 'f16', pairs: 'halves', rotaryDim: 20, temperature: undefined, norms: 'norms heads' },
    ] as const;

    // Heads are normed by the same lines whoever reads them then
    const own = { workgroup: turns.slice(0, 3), subgroup: turns.slice(0, 3), streams: turns.slice(2) };
    test.for(own[lanes])(
      'gives what rope and then attention give, $kv, $pairs of $rotaryDim, $norms',
      async (turn, { skip }) => {
        skip(lanes !== 'workgroup' && Boolean(noSubgroups), noSubgroups || '');
        const rows = [13, 39, 0].map((position, sequence) => ({ position, sequence }));
        const { shape, given } = prepare(
          {
            why: 'a row of one chunk, one of three, one that is its first position',
            sizes,
            lengths: [14, 40, 1],
            runs: rows.map((row) => ({ ...row, rows: 1 })),
          },
          turn.kv,
        );
        const { heads, kvHeads, headDim } = shape;
        const qkv = randomFloats(rows.length * (heads + 2 * kvHeads) * headDim, 2, 9);
        const positions = { positions: 40, rotaryDim: Math.max(2, turn.rotaryDim), base: 100 };
        const rotation = rotationTable(positions);
        const Words = given.k.constructor as typeof Float32Array;
        const cache = (start: typeof given.k) => ({ write: Words, length: start.length, start });
        const q = { write: Float32Array, length: given.q.length };

        const qkNorms =
          turn.norms === 'norms heads' ? [randomFloats(headDim, 1, 10), randomFloats(headDim, 1, 11)] : [];
        const normShape = { ...shape, eps: 1e-5, threads: 4 };
        const args = [{ write: Float32Array, length: qkv.length, start: qkv }, ...qkNorms];
        const [normed] =
          qkNorms.length > 0 ? await runKernel(gpu, headNorm('weights'), normShape, args) : [qkv];

        const ropeArgs = [normed!, rotation, given.pages, given.step, q, cache(given.k), cache(given.v)];
        const after = await runKernel(gpu, rope(turn.kv), { ...shape, ...turn, threads: 8 }, ropeArgs);
        const [turned, k, v] = after;
        const expected = await decode(lanes, 16)(turn.kv, shape, { ...given, q: turned!, k: k!, v: v! });

        const wide = { ...decodeShape(shape, given, 16), turn, eps: 1e-5 };
        const kernel = attentionDecode({ kv: turn.kv, lanes, from: 'turning', norms: turn.norms });
        const read = [qkv, cache(given.k), cache(given.v), given.pages, given.step];
        const out = await combined(kernel, wide, given, read, [rotation, ...qkNorms]);
        expect(relativeError(out, expected)).toBeLessThan(1e-6);
      },
    );
  },
);

test('a window that one chunk holds leaves nothing to combine, however deep the row', () => {
  const sizes = {
    threads: 64,
    chunks: 1,
    alonePositions: 16,
    chunkPositions: 16,
    mostChunks: 9,
    subgroupSize: 4,
    block: 4,
  };
  const shape = { ...large, scale: 1, rows: 2, ...sizes };
  const deep = (window: number) => ({ ...shape, window, chunks: decodeChunks(99, { ...shape, window }) });
  expect(attentionCombine().workgroups(deep(16))).toContain(0);
  expect(attentionCombine().workgroups(deep(17))).toEqual([large.heads, 2]);
  expect(deep(0).chunks).toBe(7);
});

function sinksOf({ sinks }: Given) {
  return sinks ? 'sinks' : 'no sinks';
}

function bound(sinks: Given['sinks']): Argument[] {
  return sinks ? [sinks] : [];
}

async function attend<S>(
  kernel: Kernel<S>,
  shape: S,
  { q, k, v, pages, sinks }: Given,
  rows: Uint32Array,
  ...more: Argument[]
): Promise<Float32Array> {
  const out = { write: Float32Array, length: q.length };
  const [values] = await runKernel(gpu, kernel, shape, [q, k, v, pages, rows, out, ...more, ...bound(sinks)]);
  return values!;
}

/**
 * Random q (up to `size`), K and V as the kernels take them, and what should come out: from K and V as the
 * cache keeps them, and from the exact ones.
 */
function prepare({ lengths, runs, sizes, hasSinks }: Case, kv: KvType, size = 2) {
  const { heads, kvHeads, headDim } = sizes;
  const shape = {
    ...sizes,
    scale: 1 / Math.sqrt(headDim),
    rows: runs.reduce((sum, run) => sum + run.rows, 0),
  };
  const rows = runs.flatMap((run) =>
    Array.from({ length: run.rows }, (_, i) => ({ sequence: run.sequence, position: run.position + i })),
  );
  const q = randomFloats(rows.length * heads * headDim, size);
  const cache = (seed: number) =>
    lengths.map((length, i) => randomFloats(length * kvHeads * headDim, 1, seed + i));
  const [k, v] = [cache(100), cache(200)];
  const pages = shuffledPages(lengths, shape);

  let first = 0;
  const tiles = runs.flatMap(({ sequence, position, rows: count }) => {
    const tiles: number[] = [];
    for (let row = 0; row < count; row += TILE_ROWS)
      tiles.push(first + row, Math.min(TILE_ROWS, count - row), sequence, position + row);
    first += count;
    return tiles;
  });

  const kept = (dense: Float32Array) => asKept(dense, kv, headDim);
  // About as large as the highest scores
  const sinks = hasSinks && randomFloats(heads, 2);
  return {
    shape,
    given: {
      q,
      k: toPaged(k, pages, shape, kv),
      v: toPaged(v, pages, shape, kv),
      pages,
      step: Uint32Array.from(rows.flatMap(({ position, sequence }) => [1, position, sequence, 0])),
      tiles: Uint32Array.from(tiles),
      sinks,
    },
    expected: {
      rounded: attentionReference(q, k.map(kept), v.map(kept), rows, shape, sinks),
      exact: attentionReference(q, k, v, rows, shape, sinks),
    },
  };
}
