import { act } from '../../../kernels/experts/act.ts';
import { group } from '../../../kernels/experts/group.ts';
import { gateAdd } from '../../../kernels/experts/gate-add.ts';
import { route } from '../../../kernels/experts/route.ts';
import { sum } from '../../../kernels/experts/sum.ts';
import { quantize } from '../../../kernels/quantize/quantize.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import type { ExpertRoles, Experts, SharedRoles } from '../../../models/architectures/index.ts';
import { PAIRS_PER_TILE } from '../expert-plan.ts';
import { downKernel, inputOf, isTiled, pairsKernel, tilesKernel } from '../expert-variants.ts';
import type { BufferSlice } from '../gpu.ts';
import type { Linear, Stack } from '../load.ts';
import type { StepLoad } from '../step-buffer.ts';
import { takesIntegers } from '../variants.ts';
import { allRows, type ForwardContext } from './context.ts';
import { gated } from './feed-forward.ts';
import { linear, type Source } from './linear.ts';

/** A block's experts, and what of them is the same in all of its dispatches. */
interface Mixture {
  roles: ExpertRoles<Linear, Stack, BufferSlice>;
  experts: Experts;
  /** Of the load, what is computed pair by pair, and what in tiles. */
  few(load: StepLoad): { rows: number };
  many(load: StepLoad): { rows: number };
}

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
  const { add, config, variants, buffers } = context;
  const { x, normed, narrow } = buffers.activations;
  const mixture = mix(context, roles);
  const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads };
  add(rmsNorm, shape, allRows, [x, roles.norm, normed]);
  const source = { raw: normed, scratch: narrow };
  chooseExperts(context, mixture, source);
  if (roles.shared) sharedExpert(context, roles.shared, source, to, addTo);
  innerValues(context, mixture, source);
  outputs(context, mixture, to, addTo || roles.shared !== undefined);
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

function mix({ config, variants }: ForwardContext, roles: Mixture['roles']): Mixture {
  const experts = config.experts!;
  const rowsIf =
    (tiled: boolean) =>
    ({ rows }: StepLoad) => ({ rows: isTiled(variants, experts, rows) === tiled ? rows : 0 });
  return { roles, experts, few: rowsIf(false), many: rowsIf(true) };
}

/** Each row's experts and their weights, and the pairs in tiles where there are many. */
function chooseExperts(
  context: ForwardContext,
  { roles: { router, routerBias }, experts, many }: Mixture,
  source: Source,
): void {
  const { add, variants, buffers, stepBuffer } = context;
  const { routerLogits, routes, pairOrder, pairTiles } = buffers.activations;
  const { count, used, gating, renormalizes, scale } = experts;
  linear(context, router, source, routerLogits);
  const choice = { experts: count, used, gating, renormalize: renormalizes, scale };
  const shape = { ...choice, hasBias: routerBias !== undefined, threads: variants.normThreads };
  add(route, shape, allRows, [routerLogits, routes, routerBias ?? routerLogits]);
  const grouping = { experts: count, used, tile: PAIRS_PER_TILE, threads: variants.sampleThreads };
  add(group, grouping, many, [routes, pairOrder, pairTiles, stepBuffer.rowCount]);
}

/** act(gate) · up of every pair in `middle`, as `down` reads it. */
function innerValues(context: ForwardContext, mixture: Mixture, { raw, scratch }: Source): void {
  const { add, variants, buffers } = context;
  const { wide, middle, routes } = buffers.activations;
  const { roles, experts } = mixture;
  const { gateUp, gateUpBias, down } = roles;
  const isInteger = takesIntegers(variants, gateUp);
  if (isInteger)
    add(quantize, { dim: gateUp.inputs, threads: variants.quantizeThreads }, allRows, [raw, scratch]);
  multiplyPairs(context, mixture, gateUp, isInteger ? scratch : raw, experts.used, 'few');
  multiplyPairs(context, mixture, gateUp, isInteger ? scratch : raw, experts.used, 'many');
  const toInteger = takesIntegers(variants, down);
  const shape = {
    used: experts.used,
    ffn: experts.ffn,
    activation: experts.activation,
    weightsFirst: experts.weighsInput,
    hasBias: gateUpBias !== undefined,
    threads: toInteger ? variants.quantizeThreads : variants.threads,
  };
  const slices = [wide, routes, middle, gateUpBias ?? routes];
  add(act(toInteger ? 'int8' : 'f32'), shape, allRows, slices);
}

/** The pairs' inner values, multiplied by `down` and summed for each row. */
function outputs(context: ForwardContext, mixture: Mixture, to: BufferSlice, addTo: boolean): void {
  const { add, variants, buffers } = context;
  const { wide, middle, routes } = buffers.activations;
  const { roles, experts, few, many } = mixture;
  const { down, downBias } = roles;
  const weighing = { weighted: !experts.weighsInput, hasBias: downBias !== undefined };
  for (const [i, part] of down.parts.entries()) {
    const { matrix, outputs: n, span, firstExpert, experts: count } = part;
    const input = inputOf(variants, down, matrix.format);
    const kernel = downKernel(variants, matrix.format, input, { k: down.inputs, used: experts.used });
    const stack = { k: down.inputs, n, span, firstExpert, experts: count };
    const shape = { ...stack, ...weighing, used: experts.used, add: addTo || i > 0 };
    add(kernel, shape, few, [matrix.quants, matrix.scales, middle, to, routes, downBias ?? routes]);
  }
  multiplyPairs(context, mixture, down, middle, 1, 'many');
  const shape = { ...weighing, n: down.outputs, used: experts.used, add: addTo, threads: variants.threads };
  add(sum, shape, many, [wide, routes, to, downBias ?? routes]);
}

/** Each pair's product with its expert in `wide`. `share` pairs read the same row of `from`. */
function multiplyPairs(
  { add, variants, buffers }: ForwardContext,
  { experts, few, many }: Mixture,
  { inputs: k, outputs: outStride, parts, ...stack }: Stack,
  from: BufferSlice,
  share: number,
  which: 'few' | 'many',
): void {
  const { wide, routes, pairOrder, pairTiles } = buffers.activations;
  for (const { matrix, outputs: n, span, firstExpert, experts: count, outOffset } of parts) {
    const input = inputOf(variants, { inputs: k, outputs: outStride, parts, ...stack }, matrix.format);
    const layout = { k, n, span, firstExpert, experts: count, share, outStride, outOffset };
    const shape = { ...layout, used: experts.used };
    const slices = [matrix.quants, matrix.scales, from, wide];
    if (which === 'few') add(pairsKernel(variants, matrix.format, input, k), shape, few, [...slices, routes]);
    else if (isTiled(variants, experts, Number.MAX_SAFE_INTEGER)) {
      const kernel = tilesKernel(matrix.format, input);
      add(kernel, { ...shape, allExperts: experts.count }, many, [...slices, pairTiles, pairOrder]);
    }
  }
}
