import { bias } from '../../../kernels/bias/bias.ts';
import { gelu } from '../../../kernels/gelu/gelu.ts';
import type { PlainRoles } from '../../../models/architectures/index.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear } from '../weights/load.ts';
import { allRows, type ForwardContext } from './context.ts';
import { linear } from './linear.ts';

/** down(gelu(up(x))), with its biases; x normed first where there is a norm. */
export function plain(
  context: ForwardContext,
  { norm, up, upBias, down, downBias }: PlainRoles<Linear, BufferSlice>,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { add, config, variants, buffers } = context;
  const { x, wide, middle, narrow } = buffers.activations;
  const { threads } = variants;
  linear(context, up, { raw: x, weight: norm, scratch: narrow }, wide);
  add(gelu, { dim: up.outputs, threads }, allRows, [wide, upBias, middle]);
  linear(context, down, { raw: middle, scratch: wide }, to, { addTo });
  add(bias, { dim: config.dim, threads }, allRows, [downBias, to]);
}
