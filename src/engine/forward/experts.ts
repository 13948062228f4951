import { gateAdd } from '../../../kernels/experts/gate-add.ts';
import { sum } from '../../../kernels/experts/sum.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import type { ExpertRoles, SharedRoles } from '../../../models/architectures/index.ts';
import { downKernel, inputOf } from '../device/expert-variants.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear, Stack } from '../weights/load.ts';
import { allRows, type ForwardContext } from './context.ts';
import { innerValues } from './expert-inner.ts';
import { type Mixture, mix } from './expert-mixture.ts';
import { multiplyMany, stackOf } from './expert-products.ts';
import { chooseExperts } from './expert-routing.ts';
import { gated } from './feed-forward.ts';
import type { Source } from './linear.ts';

/**
 * The weighted sum of what each row's experts make of x, normed. A router chooses them on the GPU. Few pairs of a row
 * and an expert are computed as they are, each reading its expert's weights; many are grouped by their experts first.
 */
export function experts(
  context: ForwardContext,
  roles: ExpertRoles<Linear, Stack, BufferSlice>,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { x, narrow } = context.buffers.activations;
  const mixture = mix(context, roles);
  const { shared } = roles;
  const source = shared ? normedSource(context, roles.norm) : { raw: x, weight: roles.norm, scratch: narrow };
  chooseExperts(context, mixture, source);
  if (shared) sharedExpert(context, shared, source, to, addTo);
  innerValues(context, mixture, source);
  outputs(context, mixture, to, addTo || shared !== undefined);
}

/** x, normed once, since the shared expert adds to x before the others read it. */
function normedSource({ add, config, variants, buffers }: ForwardContext, norm: BufferSlice): Source {
  const { x, normed, narrow } = buffers.activations;
  const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads };
  add(rmsNorm, shape, allRows, [x, norm, normed]);
  return { raw: normed, scratch: narrow };
}

/** The expert that every row has, behind a gate of its own where it has one. */
function sharedExpert(
  context: ForwardContext,
  { gate, ...roles }: SharedRoles<Linear, BufferSlice>,
  source: Source,
  to: BufferSlice,
  addTo: boolean,
): void {
  if (!gate) {
    gated(context, roles, source, to, addTo);
    return;
  }
  const { add, config, variants, buffers } = context;
  const { wide } = buffers.activations;
  gated(context, roles, source, wide, false);
  const shape = { dim: config.dim, add: addTo, threads: variants.normThreads };
  add(gateAdd, shape, allRows, [source.raw, gate, wide, to]);
}

/** The pairs' inner values, multiplied by `down` and summed for each row. */
function outputs(context: ForwardContext, mixture: Mixture, to: BufferSlice, addTo: boolean): void {
  const { add, variants, buffers } = context;
  const { wide, middle, routes } = buffers.activations;
  const { roles, experts, few, many } = mixture;
  const { down, downBias } = roles;
  const weighing = { weighted: !experts.weighsInput, hasBias: downBias !== undefined };
  for (const [i, part] of down.parts.entries()) {
    const { format, quants, scales } = part.matrix;
    const kernel = downKernel(variants, format, inputOf(variants, down, format), down.inputs * experts.used);
    const shape = { ...stackOf(down, part), ...weighing, used: experts.used, add: addTo || i > 0 };
    add(kernel, shape, few, [quants, scales, middle, to, routes, downBias ?? routes]);
  }
  multiplyMany(context, mixture, down, middle, 1);
  const shape = { ...weighing, n: down.outputs, used: experts.used, add: addTo, threads: variants.threads };
  add(sum, shape, many, [wide, routes, to, downBias ?? routes]);
}
