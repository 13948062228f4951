import { expect } from 'vitest';
import { quantizeReference, unpackQuantized } from './reference.ts';

/** Each q is a nearest integer, each d and sum what it says, of values that are `exact` but for `loss`: of two integers equally near, either will do. */
export function expectQuantized(
  words: Uint32Array,
  exact: ArrayLike<number>,
  rows: number,
  dim: number,
  loss = 2e-6,
): void {
  const { q, d, sums } = unpackQuantized(words, rows, dim);
  const expected = quantizeReference(exact, rows, dim);
  for (let unit = 0; unit < d.length; unit++) {
    const scale = expected.d[unit]!;
    expect(Math.abs(d[unit]! - scale)).toBeLessThanOrEqual(loss * scale);
    let total = 0;
    for (let i = 32 * unit; i < 32 * unit + 32; i++) {
      expect(Math.abs(q[i]! * scale - exact[i]!)).toBeLessThanOrEqual((0.5 + 127 * loss) * scale);
      total += q[i]!;
    }
    expect(Math.abs(sums[unit]! - total * scale)).toBeLessThanOrEqual(2 * loss * Math.abs(total * scale));
  }
}
