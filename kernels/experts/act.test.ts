import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { expectQuantized } from '../quantize/check.ts';
import { quantizedBytes } from '../quantize/quantize.ts';
import { type ActShape, act, type ExpertActivation } from './act.ts';
import { randomRoutes } from './check.ts';
import { innerReference } from './reference.ts';
import { sum } from './sum.ts';

const gpu = await openGpu();

describe.each<ExpertActivation>(['silu', 'gelu', 'clamped'])('%s', (activation) => {
  test.each([
    { why: 'as it is', size: 4, ffn: 37, weightsFirst: false, hasBias: false },
    {
      why: 'of values past every clamp and exponent',
      size: 200,
      ffn: 64,
      weightsFirst: false,
      hasBias: false,
    },
    { why: 'with biases', size: 4, ffn: 32, weightsFirst: false, hasBias: true },
    { why: 'of what weights have scaled', size: 4, ffn: 32, weightsFirst: true, hasBias: true },
  ])('$why', async ({ size, ffn, weightsFirst, hasBias }) => {
    const { shape, given, expected } = makeCase({ activation, ffn, weightsFirst, hasBias }, size);
    const [products, routes, bias] = given;
    const [out] = await runKernel(gpu, act('f32'), { ...shape, threads: 32 }, [
      products,
      routes,
      { write: Float32Array, length: expected.length },
      bias,
    ]);
    expect(relativeError(out!, expected)).toBeLessThan(1e-6);
  });

  test('in int8', async () => {
    const ffn = 96;
    const parts = { activation, ffn, weightsFirst: false, hasBias: true };
    const { shape, given, expected } = makeCase(parts, 3);
    const [products, routes, bias] = given;
    const pairs = shape.rows * shape.used;
    const [words] = await runKernel(gpu, act('int8'), { ...shape, threads: 16 }, [
      products,
      routes,
      { write: Uint32Array, length: (pairs * quantizedBytes(ffn)) / 4 },
      bias,
    ]);
    expectQuantized(words as unknown as Uint32Array, expected, pairs, ffn, 1e-5);
  });
});

function makeCase(parts: Pick<ActShape, 'activation' | 'ffn' | 'weightsFirst' | 'hasBias'>, size: number) {
  const { activation, ffn, weightsFirst, hasBias } = parts;
  const shape = { rows: 2, used: 2, ...parts };
  const experts = 3;
  const { pairs, given } = randomRoutes(shape.rows, shape.used, experts);
  const products = randomFloats(pairs.length * 2 * ffn, size);
  const bias = randomFloats(2 * experts * ffn, 1, 5);
  const expected = new Float64Array(pairs.length * ffn);
  for (const [pair, { expert, weight }] of pairs.entries())
    for (let n = 0; n < ffn; n++) {
      const value = (isUp: 0 | 1) =>
        products[pair * 2 * ffn + isUp * ffn + n]! * (weightsFirst ? weight : 1) +
        (hasBias ? bias[(isUp * experts + expert) * ffn + n]! : 0);
      expected[pair * ffn + n] = innerReference(activation, value(0), value(1));
    }
  return { shape, given: [products, given, bias] as const, expected };
}

test.each([
  { why: 'weighted', n: 37, add: false, weighted: true, hasBias: false },
  { why: 'with biases, added to what is there', n: 64, add: true, weighted: true, hasBias: true },
  { why: 'as they are', n: 5, add: false, weighted: false, hasBias: true },
])("the outputs of a row's experts are summed: $why", async ({ n, add, weighted, hasBias }) => {
  const [rows, used, experts] = [3, 2, 4];
  const { pairs, given } = randomRoutes(rows, used, experts);
  const products = randomFloats(pairs.length * n);
  const bias = randomFloats(experts * n, 1, 5);
  const start = randomFloats(rows * n, 1, 7);
  const shape = { rows, used, n, add, weighted, hasBias, threads: 32 };
  const [out] = await runKernel(gpu, sum, shape, [
    products,
    given,
    { write: Float32Array, length: start.length, start },
    bias,
  ]);
  const expected = Float64Array.from(start, (value) => (add ? value : 0));
  for (const [pair, { expert, weight }] of pairs.entries())
    for (let i = 0; i < n; i++)
      expected[Math.floor(pair / used) * n + i]! +=
        (weighted ? weight : 1) * (products[pair * n + i]! + (hasBias ? bias[expert * n + i]! : 0));
  expect(relativeError(out!, expected)).toBeLessThan(1e-6);
});
