import { quantFormat } from '../../../../kernels/quants/index.ts';
import { quantize, quantizedBytes } from '../../../../kernels/quantize/quantize.ts';
import type { Gpu } from '../../gpu/gpu.ts';
import {
  integerKernels,
  type LinearKernel,
  linearKernels,
  singleKernel,
  type Variants,
} from '../variants.ts';
import { compute, isClose, use } from './compute.ts';

const K = 256;
const N = 48;
const HALF_2_TO_MINUS_5 = 0x2800;

/** Weights in 1/32. */
const weight = (n: number, k: number) => ((n * 7 + k * 3) % 31) - 15;
/** Whole numbers whose largest is 127 in each 32, so that int8 holds them exactly. */
const input = (m: number, k: number) => (k % 32 === 0 ? 127 : ((m * 11 + k * 13) % 255) - 127);

/** Products of so many rows, in f32 (or f16) and in int8. */
export async function products(
  gpu: Gpu,
  variants: Variants,
  sizes = variants.matrices ? [1, 40, 70] : [1, 40],
): Promise<boolean> {
  const format = quantFormat('Q8_0')!;
  const { quants, scales } = format.pack(file(), N, K);
  const matrix = { format, k: K, rows: N };
  const of = (kernels: LinearKernel[], rows: number) => kernels.find(({ takes }) => takes(rows))!.kernel;

  const isRight = async (rows: number, isInteger: boolean) => {
    const shape = { rows, k: K, n: N, add: false, outStride: N, outOffset: 0 };
    const contents = {
      quants: quants.slice(),
      scales: scales.slice(),
      x: Float32Array.from({ length: rows * K }, (_, i) => input(Math.floor(i / K), i % K)),
      small: rows * quantizedBytes(K),
      out: rows * N * 4,
      count: Uint32Array.of(rows, 0, 0, 0),
    };
    const from = (x: 'x' | 'small') => ['quants', 'scales', x, 'out', 'count'] as const;
    const threads = variants.quantizeThreads;
    const uses = !isInteger
      ? [use(of(linearKernels(variants, matrix), rows), shape, from('x'))]
      : rows === 1
        ? [use(singleKernel(variants, matrix, 'plain'), { ...shape, eps: 0 }, from('x'))]
        : [
            use(quantize, { rows, dim: K, threads }, ['x', 'small'] as const),
            use(of(integerKernels(variants, matrix), rows), shape, from('small')),
          ];
    return isClose(new Float32Array(await compute(gpu, contents, uses, 'out')), expected(rows));
  };
  const kinds = variants.dp4a ? [false, true] : [false];
  const checks = kinds.flatMap((isInteger) => sizes.map((rows) => isRight(rows, isInteger)));
  return (await Promise.all(checks)).every(Boolean);
}

/** As a file has them: for each 32 a scale in f16, and bytes. */
function file(): Uint8Array {
  const bytes = new DataView(new ArrayBuffer((N * K * 34) / 32));
  for (let n = 0; n < N; n++)
    for (let k = 0; k < K; k++) {
      const block = 34 * ((n * K + k) >> 5);
      bytes.setUint16(block, HALF_2_TO_MINUS_5, true);
      bytes.setInt8(block + 2 + (k % 32), weight(n, k));
    }
  return new Uint8Array(bytes.buffer);
}

function expected(rows: number): Float64Array {
  return Float64Array.from({ length: rows * N }, (_, i) => {
    const [m, n] = [Math.floor(i / N), i % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += weight(n, k) * input(m, k);
    return sum / 32;
  });
}
