import { act } from '../../../kernels/experts/act.ts';
import { group } from '../../../kernels/experts/group.ts';
import { gateAdd } from '../../../kernels/experts/gate-add.ts';
import { route } from '../../../kernels/experts/route.ts';
import { sum } from '../../../kernels/experts/sum.ts';
import { type InputKind, MOST_MADE } from '../../../kernels/quantize/inputs.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import type { ExpertRoles, Experts, SharedRoles } from '../../../models/architectures/index.ts';
import { PAIRS_PER_TILE } from '../expert-plan.ts';
import {
  downKernel,
  FEW_ROUTED_ROWS,
  gateUpKernel,
  inputOf,
  isTiled,
  pairsKernel,
  routerKernel,
  tilesKernel,
} from '../expert-variants.ts';
import type { BufferSlice } from '../gpu.ts';
import type { Linear, Stack } from '../load.ts';
import type { StepLoad } from '../step-buffer.ts';
import { takesIntegers } from '../variants.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';
import { gated } from './feed-forward.ts';
import { linear, prepare, type Source } from './linear.ts';

/** A block's experts, and what of them is the same in all of its dispatches. */
interface Mixture {
  roles: ExpertRoles<Linear, Stack, BufferSlice>;
  experts: Experts;
  /** Of the load, what is computed pair by pair, and what in tiles. */
  few(load: Pick<StepLoad, 'rows'>): { rows: number };
  many(load: Pick<StepLoad, 'rows'>): { rows: number };
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

function mix({ config, variants }: ForwardContext, roles: Mixture['roles']): Mixture {
  const experts = config.experts!;
  const rowsIf =
    (tiled: boolean) =>
    ({ rows }: Pick<StepLoad, 'rows'>) => ({ rows: isTiled(variants, experts, rows) === tiled ? rows : 0 });
  return { roles, experts, few: rowsIf(false), many: rowsIf(true) };
}

/** Each row's experts and their weights, and the pairs in tiles where there are many. */
function chooseExperts(context: ForwardContext, { roles, experts, many }: Mixture, source: Source): void {
  const { add, variants, buffers, stepBuffer } = context;
  const { routerLogits, routes, pairOrder, pairTiles } = buffers.activations;
  const { count, used, gating, renormalizes, scale } = experts;
  routerProducts(context, roles.router, source);
  const choice = { experts: count, used, gating, renormalize: renormalizes, scale };
  const { routerBias } = roles;
  const shape = { ...choice, hasBias: routerBias !== undefined, threads: variants.normThreads };
  add(route, shape, allRows, [routerLogits, routes, routerBias ?? routerLogits]);
  const grouping = { experts: count, used, tile: PAIRS_PER_TILE, threads: variants.sampleThreads };
  add(group, grouping, many, [routes, pairOrder, pairTiles, stepBuffer.rowCount]);
}

/** The router's logits. Those of few rows are made with the norm in one dispatch. */
function routerProducts(context: ForwardContext, map: Linear, source: Source): void {
  const { add, config, variants, buffers } = context;
  const { routerLogits } = buffers.activations;
  const [part] = map.parts;
  const isOne = source.weight !== undefined && map.parts.length === 1;
  if (isOne) {
    const { format, quants, scales } = part!.matrix;
    const kernel = routerKernel(variants, format, map.inputs);
    const shape = { k: map.inputs, experts: map.outputs, eps: config.normEps };
    const few = ({ rows }: StepLoad) => ({ rows: rows <= FEW_ROUTED_ROWS ? rows : 0 });
    add(kernel, shape, few, [quants, scales, source.raw, routerLogits, source.weight!]);
  }
  const others = ({ rows }: StepLoad) => ({ rows: isOne && rows <= FEW_ROUTED_ROWS ? 0 : rows });
  linear(context, map, source, routerLogits, { of: others });
}

/** act(gate) · up of every pair in `middle`, as `down` reads it. */
function innerValues(context: ForwardContext, mixture: Mixture, source: Source): void {
  const { add, config, variants, buffers } = context;
  const { wide, middle, routes } = buffers.activations;
  const { roles, experts, few, many } = mixture;
  const { gateUp, gateUpBias, down } = roles;
  const { used, ffn, activation, weighsInput: weightsFirst } = experts;
  const inner = { used, ffn, activation, weightsFirst, hasBias: gateUpBias !== undefined };

  // Gate and up that lie together are made at once, where `down` reads integers
  const isFused =
    takesIntegers(variants, gateUp) &&
    takesIntegers(variants, down) &&
    gateUp.parts.every(({ outputs }) => outputs === gateUp.outputs);
  const isSingle = isFused && gateUp.inputs <= MOST_MADE;
  const products = isFused ? many : allRows;
  const singles = ({ rows }: StepLoad) => (isSingle && few({ rows }).rows === 1 ? { rows } : { rows: 0 });
  const several = (load: StepLoad) => (singles(load).rows > 0 ? { rows: 0 } : allRows(load));

  const fuse = (input: InputKind, from: BufferSlice, of: RowsOf) => {
    for (const part of gateUp.parts) {
      const shape = { ...stackOf(gateUp, part), ...inner, eps: config.normEps };
      const { format, quants, scales } = part.matrix;
      const slices = [quants, scales, from, middle, routes, source.weight ?? routes, gateUpBias ?? routes];
      add(gateUpKernel(variants, format, input), shape, of, slices);
    }
  };
  if (isSingle) fuse(source.weight ? 'normed' : 'plain', source.raw, singles);
  const from = prepare(context, gateUp, source, several);
  if (isFused) fuse('quantized', from, (load) => (singles(load).rows > 0 ? { rows: 0 } : few(load)));
  else multiplyFew(context, mixture, gateUp, from);
  multiplyMany(context, mixture, gateUp, from, used);
  const toInteger = takesIntegers(variants, down);
  const threads = toInteger ? variants.quantizeThreads : variants.threads;
  const slices = [wide, routes, middle, gateUpBias ?? routes];
  add(act(toInteger ? 'int8' : 'f32'), { ...inner, threads }, products, slices);
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

/** Each of few pairs' product with its expert in `wide`; the pairs of a row share its values in `from`. */
function multiplyFew(
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
function multiplyMany(
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
function stackOf({ inputs: k }: Stack, { outputs: n, span, firstExpert, experts }: Stack['parts'][number]) {
  return { k, n, span, firstExpert, experts };
}

function placeOf({ outputs: outStride }: Stack, { outOffset }: Stack['parts'][number]) {
  return { outStride, outOffset };
}
