import type { Cost } from './kernel.ts';
import { quantizedBytes } from './quantize/quantize.ts';
import type { QuantFormat } from './quants/format.ts';

const F32 = 4;

/** How a kernel is given x: in f32, or in int8 as kernels/quantize writes it. */
export type GivenAs = 'f32' | 'int8';

/** y (rows, n) = W x, with W (n, k): every weight is read once. `read` rows of W if not all of them are. */
export function linearCost(
  format: QuantFormat,
  { rows, k, n, read = n }: { rows: number; k: number; n: number; read?: number },
  given: GivenAs = 'f32',
  /** Whether products are of int8, which they are of an x in int8. */
  isInteger = given === 'int8',
): Cost {
  const weights = read * weightRowBytes(format, k);
  return { bytes: weights + rows * (rowBytes(k, given) + n * F32), operations: 2 * rows * k * n, isInteger };
}

export function weightRowBytes(format: QuantFormat, k: number): number {
  return format.quantsBytes(k) + format.scalesBytes(k);
}

/** A row of activations. */
export function rowBytes(dim: number, given: GivenAs = 'f32'): number {
  return given === 'int8' ? quantizedBytes(dim) : dim * F32;
}

/** `values` f32 are read and written; `each` operations for every value in the middle of it. */
export function valuesCost(values: number, operations: number): Cost {
  return { bytes: values * F32, operations };
}
