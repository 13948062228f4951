import { expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { routeReference } from './reference.ts';
import { type RouteShape, route } from './route.ts';

const gpu = await openGpu();
const PLAIN = { gating: 'softmax', renormalize: false, scale: 1 } as const;

async function routesOf(logits: Float32Array, shape: Omit<RouteShape, 'hasBias'>, bias?: Float32Array) {
  const { rows, used } = shape;
  const [words] = await runKernel(gpu, route, { ...shape, hasBias: bias !== undefined }, [
    logits,
    { write: Uint32Array, length: 2 * rows * used },
    bias ?? new Float32Array(1),
  ]);
  const experts = words as unknown as Uint32Array;
  const weights = new Float32Array(experts.buffer);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: used }, (_, j) => ({
      expert: experts[2 * (row * used + j)]!,
      weight: weights[2 * (row * used + j) + 1]!,
    })),
  );
}

test.each<{ why: string } & Omit<RouteShape, 'rows' | 'threads' | 'hasBias'>>([
  { why: 'softmax over all', ...PLAIN, experts: 128, used: 8 },
  {
    why: 'softmax of the chosen (qwen3moe, mixtral, gpt-oss)',
    ...PLAIN,
    renormalize: true,
    experts: 32,
    used: 4,
  },
  { why: 'sigmoid of one (llama4)', ...PLAIN, gating: 'sigmoid', experts: 16, used: 1 },
  {
    why: 'sigmoid, divided by the sum and scaled',
    gating: 'sigmoid',
    renormalize: true,
    scale: 2.5,
    experts: 7,
    used: 3,
  },
  { why: 'every expert', ...PLAIN, experts: 5, used: 5 },
  { why: 'a single expert', ...PLAIN, experts: 1, used: 1 },
])('$why', async ({ why: _, ...shape }) => {
  const rows = 3;
  const logits = randomFloats(rows * shape.experts, 4);
  // A thread for all experts, for some, and several for each
  for (const threads of [1, 8, 64]) {
    const routes = await routesOf(logits, { rows, threads, ...shape });
    for (const [row, chosen] of routes.entries()) {
      const own = logits.subarray(row * shape.experts, (row + 1) * shape.experts);
      const expected = routeReference(own, shape);
      expect(chosen.map(({ expert }) => expert)).toEqual(expected.map(({ expert }) => expert));
      for (const [j, { weight }] of chosen.entries())
        expect(Math.abs(weight - expected[j]!.weight)).toBeLessThan(1e-6 * shape.scale);
    }
  }
});

test('a bias is added before the choice', async () => {
  const logits = Float32Array.of(1, 2, 3, 4);
  const bias = Float32Array.of(5, 0, 0, -3);
  const shape = { rows: 1, experts: 4, used: 2, ...PLAIN, renormalize: true, threads: 4 };
  const [chosen] = await routesOf(logits, shape, bias);
  const expected = routeReference([6, 2, 3, 1], shape);
  expect(chosen!.map(({ expert }) => expert)).toEqual([0, 2]);
  for (const [j, { weight }] of chosen!.entries()) expect(weight).toBeCloseTo(expected[j]!.weight, 6);
});

test('a bias of the scores is for the choice alone', async () => {
  const logits = Float32Array.of(3, 2, 1, -1, 0.5);
  const bias = Float32Array.of(-0.9, 0, 0, 0.8, 0.1);
  const shape = { rows: 1, experts: 5, used: 2, gating: 'sigmoid', renormalize: true, scale: 1.5 } as const;
  const [chosen] = await routesOf(logits, { ...shape, biasesChoice: true, threads: 4 }, bias);
  const expected = routeReference(logits, { ...shape, choiceBias: bias });
  expect(expected.map(({ expert }) => expert)).toEqual([3, 1]);
  expect(chosen!.map(({ expert }) => expert)).toEqual([3, 1]);
  for (const [j, { weight }] of chosen!.entries()) expect(weight).toBeCloseTo(expected[j]!.weight, 6);
});

test('of equal logits the first experts are chosen, each once; large ones do not overflow', async () => {
  const shape = { rows: 1, experts: 6, used: 3, ...PLAIN, renormalize: true, threads: 2 };
  const [chosen] = await routesOf(new Float32Array(6).fill(3e4), shape);
  expect(chosen!.map(({ expert }) => expert)).toEqual([0, 1, 2]);
  for (const { weight } of chosen!) expect(weight).toBeCloseTo(1 / 3, 6);
});

test('logits that are no numbers choose experts that are there', async () => {
  const shape = { rows: 1, experts: 4, used: 2, ...PLAIN, threads: 2 };
  const [chosen] = await routesOf(new Float32Array(4).fill(Number.NaN), shape);
  for (const { expert } of chosen!) expect(expert).toBeLessThan(4);
});
