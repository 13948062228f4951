import { random, randomFloats } from '../../test/gpu.ts';
import { dequantized, packQuantized, quantizeReference } from '../quantize/reference.ts';
import type { QuantFormat } from '../quants/format.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import type { ExpertInput, StackShape } from './stack.ts';

/** Experts as files have them: one tensor of `span` rows of each, or two, and the weights of each expert in f64. */
export function randomStack(format: QuantFormat, { k, n, span, experts }: Omit<StackShape, 'firstExpert'>) {
  const tensors = Array.from({ length: n / span }, (_, t) => randomRows(format, experts * span, k, t + 1));
  const values = tensors.map((bytes) => dequantizeRows(format, bytes));
  const bytes = new Uint8Array(tensors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const tensor of tensors) {
    bytes.set(tensor, at);
    at += tensor.length;
  }
  const { quants, scales } = format.pack(bytes, n * experts, k);
  /** (n, k) */
  const weightsOf = (expert: number) =>
    Float64Array.from(
      values.flatMap((tensor) => [...tensor.subarray(expert * span * k, (expert + 1) * span * k)]),
    );
  return { quants, scales: scales.length > 0 ? scales : new Uint32Array(4), weightsOf };
}

/** x (rows, k) as a kernel is given it, and the values that it stands for. */
export function randomInput(input: ExpertInput, rows: number, k: number) {
  const x = randomFloats(rows * k);
  if (input !== 'int8') return { given: x, values: Float64Array.from(x) };
  const quantized = quantizeReference(x, rows, k);
  return { given: packQuantized(quantized, rows, k), values: dequantized(quantized) };
}

/** `used` experts of `experts` for each row, none twice, and weights of both signs. */
export function randomRoutes(rows: number, used: number, experts: number, seed = 3) {
  const next = random(seed);
  const routes = Array.from({ length: rows }, () =>
    Array.from({ length: experts }, (_, expert) => ({ expert, order: next() }))
      .toSorted((a, b) => a.order - b.order)
      .slice(0, used)
      .map(({ expert }) => ({ expert, weight: Math.fround(2 * next() - 1) })),
  );
  return { pairs: routes.flat(), given: packRoutes(routes.flat()) };
}

export function packRoutes(pairs: readonly { expert: number; weight: number }[]): Uint32Array {
  const words = new Uint32Array(2 * pairs.length);
  const floats = new Float32Array(words.buffer);
  for (const [i, { expert, weight }] of pairs.entries()) {
    words[2 * i] = expert;
    floats[2 * i + 1] = weight;
  }
  return words;
}

/** Of what an input loses against the values that it stands for. */
export const LOSSES: Record<ExpertInput, number> = { f32: 1e-5, f16: 2e-3, int8: 1e-5 };
