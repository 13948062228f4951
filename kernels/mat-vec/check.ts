import { expect } from 'vitest';
import { type openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import type { Kernel } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import type { Arithmetic } from '../quants/weights.ts';
import { matVecReference } from './reference.ts';

interface ProductShape {
  rows: number;
  k: number;
  n: number;
  add: boolean;
  outStride?: number;
  outOffset?: number;
}

/** Runs a kernel that computes products as mat-vec does on random weights, and compares all of `out` with the reference, what it must leave alone included. */
export async function expectProducts<Shape extends ProductShape>(
  gpu: Awaited<ReturnType<typeof openGpu>>,
  kernel: Kernel<Shape>,
  format: QuantFormat,
  arithmetic: Arithmetic,
  shape: Shape,
): Promise<void> {
  const { rows, k, n, add, outStride = n, outOffset = 0 } = shape;
  const bytes = randomRows(format, n, k);
  const { quants, scales } = format.pack(bytes, n, k);
  const x = randomFloats(rows * k);
  const start = randomFloats(rows * outStride, 1, 7);

  const [out] = await runKernel(gpu, kernel, shape, [
    quants,
    scales.length > 0 ? scales : new Uint32Array(4),
    x,
    { write: Float32Array, length: start.length, start },
    Uint32Array.of(rows),
  ]);

  const products = matVecReference(dequantizeRows(format, bytes), x, rows, k, n);
  const expected = Float64Array.from(start);
  for (let m = 0; m < rows; m++)
    for (let row = 0; row < n; row++) {
      const at = m * outStride + outOffset + row;
      expected[at] = products[m * n + row]! + (add ? start[at]! : 0);
    }
  expect(relativeError(out!, expected)).toBeLessThan(arithmetic === 'f16' ? 2e-3 : 1e-5);
}
