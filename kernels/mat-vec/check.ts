import { expect } from 'vitest';
import { type openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { type Form, measured } from '../../test/measured.ts';
import type { Kernel } from '../kernel.ts';
import { dequantized, packQuantized, quantizeReference } from '../quantize/reference.ts';
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

/** What x is given to a kernel as. */
export type Input = Arithmetic | 'dp4a' | 'matrices';

/** Runs a kernel that computes products as mat-vec does on random weights, and compares all of `out` with the reference, what it must leave alone included. */
export async function expectProducts<Shape extends ProductShape>(
  gpu: Awaited<ReturnType<typeof openGpu>>,
  kernel: Kernel<Shape>,
  format: QuantFormat,
  input: Input,
  shape: Shape,
): Promise<void> {
  const { rows, k, n, add, outStride = n, outOffset = 0 } = shape;
  const bytes = randomRows(format, n, k);
  const { quants, scales } = format.pack(bytes, n, k);
  const x = randomFloats(rows * k);
  const start = randomFloats(rows * outStride, 1, 7);
  const isInteger = input === 'dp4a' || input === 'matrices';
  const quantized = isInteger ? quantizeReference(x, rows, k) : undefined;

  const [out] = await runKernel(gpu, kernel, shape, [
    quants,
    scales.length > 0 ? scales : new Uint32Array(4),
    quantized ? packQuantized(quantized, rows, k) : x,
    { write: Float32Array, length: start.length, start },
    Uint32Array.of(rows),
  ]);

  const w = dequantizeRows(format, bytes);
  const expected = (values: ArrayLike<number>) => {
    const products = matVecReference(w, values, rows, k, n);
    const all = Float64Array.from(start);
    for (let m = 0; m < rows; m++)
      for (let row = 0; row < n; row++) {
        const at = m * outStride + outOffset + row;
        all[at] = products[m * n + row]! + (add ? start[at]! : 0);
      }
    return all;
  };
  const error = relativeError(out!, expected(x));
  if (input === 'f32') measured('type', format.name, FORMS[kernel.name.split(' ')[0]!]!, error);
  expect(error).toBeLessThan(LOSSES[input]);
  if (!quantized) return;
  // What an input in int8 loses is not the kernel's own
  const own = LOSSES[input === 'matrices' ? 'f16' : 'f32'];
  expect(relativeError(out!, expected(dequantized(quantized)))).toBeLessThan(own);
}

/** By the first word of a kernel's name. */
const FORMS: Record<string, Form> = { 'mat-vec': 'mat-vec', 'mat-mul': 'mat-mat' };

/** Of what an input loses. */
const LOSSES: Record<Input, number> = { f32: 1e-5, f16: 2e-3, dp4a: 1e-2, matrices: 1e-2 };
