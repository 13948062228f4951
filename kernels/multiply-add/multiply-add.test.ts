import { expect, test } from 'vitest';
import { openGpu, runKernel } from '../../test/gpu.ts';
import { multiplyAdd, multiplyAddInt8 } from './multiply-add.ts';
import { referenceMultiplyAdd, referenceMultiplyAddInt8 } from './reference.ts';

const gpu = await openGpu();
const LANES = 64;

test.each([
  { turns: 0, threads: 64 },
  { turns: 7, threads: 128 },
])('$threads threads add up after $turns turns, none of which is skipped', async ({ turns, threads }) => {
  const factors = Float32Array.from({ length: LANES }, (_, lane) => lane / LANES - 0.5);
  const [out] = await runKernel(gpu, multiplyAdd, { threads, turns }, [
    factors,
    { write: Float32Array, length: threads },
  ]);
  for (const [i, value] of out!.entries())
    expect(value).toBeCloseTo(referenceMultiplyAdd(factors[i % LANES]!, turns), 4);
});

test('int8 products add up to the bit', async () => {
  const shape = { turns: 9, threads: 128 };
  const factors = Uint32Array.from({ length: LANES }, (_, lane) => (lane * 2_654_435_761) >>> 0);
  const [out] = await runKernel(gpu, multiplyAddInt8, shape, [
    factors,
    { write: Int32Array, length: shape.threads },
  ]);
  const wanted = Array.from({ length: shape.threads }, (_, i) =>
    referenceMultiplyAddInt8(factors[i % LANES]! | 0, shape.turns),
  );
  expect([...out!]).toEqual(wanted);
});
