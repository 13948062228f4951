import { shortConv as convolve, shortConvKeep } from '../../../kernels/short-conv/short-conv.ts';
import type { ShortConvRoles } from '../../../models/architectures/index.ts';
import type { InputCache } from './buffers.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear } from '../weights/load.ts';
import { allRows, type ForwardContext } from './context.ts';
import { linear } from './linear.ts';

/**
 * output(C ∘ convolution(B ∘ x')) of x, normed, where `input` makes B, C and x'. B ∘ x' goes to the cache first: it is
 * all that later rows need.
 */
export function shortConv(
  context: ForwardContext,
  { norm, input, taps, output }: ShortConvRoles<Linear, BufferSlice>,
  { inputs, pages }: InputCache,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { add, config, variants, plan, buffers, stepBuffer } = context;
  const { x, wide, middle, narrow } = buffers.activations;
  linear(context, input, { raw: x, weight: norm, scratch: narrow }, wide);
  const shape = {
    dim: config.dim,
    taps: config.convolved,
    page: plan.pageSize,
    maxPages: plan.maxPages,
    threads: variants.threads,
  };
  add(shortConvKeep, shape, allRows, [wide, pages, stepBuffer.rows, inputs]);
  add(convolve, shape, allRows, [wide, taps, inputs, pages, stepBuffer.rows, narrow]);
  linear(context, output, { raw: narrow, scratch: middle }, to, { addTo });
}
