import { geglu } from '../../../kernels/geglu/geglu.ts';
import { swigluQuantize } from '../../../kernels/quantize/quantize.ts';
import { swiglu } from '../../../kernels/swiglu/swiglu.ts';
import type { DenseRoles } from '../../../models/architectures/index.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear } from '../weights/load.ts';
import type { StepLoad } from '../gpu/dispatch.ts';
import { gateUpKernels, singleGateUp, takesIntegers, takesSingle } from '../device/variants.ts';
import { allRows, type ForwardContext } from './context.ts';
import { ifSingle, linear, multiply, prepare, type Source, unlessSingle, withWeight } from './linear.ts';

/** down(act(gate) · up) of x, normed. Where `down` reads integers, SwiGLU's kernels have made them. */
export function feedForward(
  context: ForwardContext,
  { norm, gateUp, down }: DenseRoles<Linear, BufferSlice>,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { x, narrow } = context.buffers.activations;
  gated(context, { gateUp, down }, { raw: x, weight: norm, scratch: narrow }, to, addTo);
}

/** down(act(gate) · up) of the source. */
export function gated(
  context: ForwardContext,
  { gateUp, down }: Pick<DenseRoles<Linear, BufferSlice>, 'gateUp' | 'down'>,
  source: Source,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { add, config, variants, buffers } = context;
  const { wide, middle } = buffers.activations;
  if (config.activation === 'silu') {
    swigluOf(context, gateUp, down, source);
    multiply(context, down, middle, to, { addTo });
  } else {
    linear(context, gateUp, source, wide);
    add(geglu, { dim: gateUp.outputs / 2, threads: variants.threads }, allRows, [wide, middle]);
    linear(context, down, { raw: middle, scratch: wide }, to, { addTo });
  }
}

/** silu(gate) * up of the source in `middle`, as `down` reads it. */
function swigluOf(context: ForwardContext, map: Linear, down: Linear, source: Source): void {
  const { add, config, variants, buffers, stepBuffer } = context;
  const { dim, normEps } = config;
  const ffn = map.outputs / 2;
  const { wide, middle } = buffers.activations;
  const [part] = map.parts;
  const isFused = map.parts.length === 1 && takesIntegers(variants, map) && takesIntegers(variants, down);
  const isSingle = isFused && takesSingle(variants, map);
  const { quants, scales } = part!.matrix;
  if (isSingle) {
    const kernel = singleGateUp(variants, part!.matrix, source.weight ? 'normed' : 'plain');
    const slices = [quants, scales, source.raw, middle, stepBuffer.rowCount];
    add(kernel, { k: dim, ffn, eps: normEps }, ifSingle(allRows), withWeight(slices, source));
  }
  const others = unlessSingle(isSingle, allRows);
  const from = prepare(context, map, source, others);
  const fused = isFused ? gateUpKernels(variants, part!.matrix) : [];
  for (const { kernel, takes } of fused) {
    const wanted = (load: StepLoad) => (takes(others(load).rows) ? allRows(load) : undefined);
    add(kernel, { k: dim, ffn }, wanted, [quants, scales, from, middle, stepBuffer.rowCount]);
  }
  const many = (load: StepLoad) =>
    fused.some(({ takes }) => takes(load.rows)) ? { rows: 0 } : allRows(load);
  multiply(context, map, from, wide, { of: many });
  if (takesIntegers(variants, down))
    add(swigluQuantize, { dim: ffn, threads: variants.quantizeThreads }, many, [wide, middle]);
  else add(swiglu, { dim: ffn, threads: variants.threads }, many, [wide, middle]);
}
