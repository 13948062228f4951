import { expect, test } from 'vitest';
import { someProfile } from '../test/fakes/performance-scenes.ts';
import type { Ceilings, KernelTime } from '../src/protocol/performance.ts';
import { formatMicroseconds, formatPerSecond, logAxis, speedOf, stepShare } from './roofline.ts';

const ceilings: Ceilings = {
  bytesPerSecond: 100e9,
  copiedBytes: 2 ** 28,
  operationsPerSecond: 1e12,
  integerOperationsPerSecond: 4e12,
};
const kernel = (us: number, cost: KernelTime['cost']): KernelTime => ({
  kernel: 'k',
  dispatches: 1,
  us,
  cost,
});

test('a kernel with few operations for each byte is measured against the memory', () => {
  // 5 MB in 100 µs are 50 GB/s: half of the copy
  const speed = speedOf(kernel(100, { bytes: 5e6, operations: 10e6, isInteger: false }), ceilings);
  expect(speed).toEqual({
    bytesPerSecond: 50e9,
    operationsPerSecond: 100e9,
    intensity: 2,
    share: 0.5,
    bound: 'memory',
  });
});

test('one with many is measured against its own arithmetic', () => {
  const cost = { bytes: 1e6, operations: 80e6, isInteger: false };
  expect(speedOf(kernel(100, cost), ceilings)).toMatchObject({ share: 0.8, bound: 'arithmetic' });
  expect(speedOf(kernel(100, { ...cost, isInteger: true }), ceilings)).toMatchObject({ share: 0.2 });
  const without = { ...ceilings, integerOperationsPerSecond: undefined };
  expect(speedOf(kernel(100, { ...cost, isInteger: true }), without)).toMatchObject({ share: 0.8 });
});

test('a kernel that does not say what it has to do has no share', () => {
  expect(speedOf(kernel(100, undefined), ceilings)).toBeUndefined();
});

test("a step's share is its bytes against the copy, over the whole step", () => {
  const { kernels, stepUs } = someProfile;
  const bytes = 302e6 + 245e6 + 57e6 + 8.4e6 + 513e3 + 1_536 + 9_900;
  expect(stepShare(kernels, stepUs, someProfile.ceilings)).toBeCloseTo(bytes / 2_240e-6 / 450e9);
});

test('an axis holds all its values, at equal distances for equal factors', () => {
  const { ticks, at } = logAxis([0.03, 500]);
  expect(ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
  expect(at(0.01)).toBe(0);
  expect(at(1000)).toBe(1);
  expect(at(1) - at(0.1)).toBeCloseTo(at(100) - at(10));
  expect(logAxis([1]).ticks).toEqual([1, 10]);
  expect(logAxis([1e-3, 1e15]).ticks.length).toBeLessThanOrEqual(10);
});

test.each([
  [formatPerSecond(450e9, 'B'), '450 GB/s'],
  [formatPerSecond(3.24e12, 'ops'), '3.2 Tops/s'],
  [formatPerSecond(12, 'B'), '12 B/s'],
  [formatMicroseconds(2.13), '2.1 µs'],
  [formatMicroseconds(880), '880 µs'],
  [formatMicroseconds(2_240), '2.2 ms'],
  [formatMicroseconds(31_400), '31 ms'],
])('%s', (shown, wanted) => {
  expect(shown.replaceAll('\u00a0', ' ')).toBe(wanted);
});
