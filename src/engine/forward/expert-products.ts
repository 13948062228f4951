import { inputOf, isTiled, pairsKernel, tilesKernel } from '../device/expert-variants.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Stack } from '../weights/load.ts';
import type { ForwardContext } from './context.ts';
import type { Mixture } from './expert-mixture.ts';

/** Each of few pairs' product with its expert in `wide`; the pairs of a row share its values in `from`. */
export function multiplyFew(
  { add, variants, buffers }: ForwardContext,
  { experts: { used }, few }: Mixture,
  stack: Stack,
  from: BufferSlice,
): void {
  const { wide, routes } = buffers.activations;
  for (const part of stack.parts) {
    const { format, quants, scales } = part.matrix;
    const kernel = pairsKernel(variants, format, inputOf(variants, stack, format), stack.inputs);
    const shape = { ...stackOf(stack, part), ...placeOf(stack, part), share: used, used };
    add(kernel, shape, few, [quants, scales, from, wide, routes]);
  }
}

/** The same of many pairs, in tiles. `share` pairs have the same values. */
export function multiplyMany(
  { add, variants, buffers }: ForwardContext,
  { experts, many }: Mixture,
  stack: Stack,
  from: BufferSlice,
  share: number,
): void {
  if (!isTiled(variants, experts, Number.POSITIVE_INFINITY)) return;
  const { wide, pairOrder, pairTiles } = buffers.activations;
  for (const part of stack.parts) {
    const { format, quants, scales } = part.matrix;
    const kernel = tilesKernel(format, inputOf(variants, stack, format));
    const place = { ...stackOf(stack, part), ...placeOf(stack, part), share };
    const shape = { ...place, used: experts.used, allExperts: experts.count };
    add(kernel, shape, many, [quants, scales, from, wide, pairTiles, pairOrder]);
  }
}

/** What the kernels' shapes say of a part. */
export function stackOf(
  { inputs: k }: Stack,
  { outputs: n, span, firstExpert, experts }: Stack['parts'][number],
) {
  return { k, n, span, firstExpert, experts };
}

function placeOf({ outputs: outStride }: Stack, { outOffset }: Stack['parts'][number]) {
  return { outStride, outOffset };
}
