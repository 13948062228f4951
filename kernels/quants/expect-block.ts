import { expect } from 'vitest';
import type { Reference } from './reference.ts';

/** That a reference reads a block of the file's bytes, in hex, as somebody else's dequantiser does: every `step`th value from the first. */
export function expectBlock({ dequantize }: Reference, hex: string, step: number, expected: number[]): void {
  const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  const values = dequantize(new DataView(bytes.buffer)).filter((_, i) => i % step === 0);
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries())
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-6 * Math.abs(expected[i]!));
}
