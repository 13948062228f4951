import { group } from '../../../kernels/experts/group.ts';
import { route } from '../../../kernels/experts/route.ts';
import { PAIRS_PER_TILE } from '../expert-plan.ts';
import { FEW_ROUTED_ROWS, routerKernel } from '../expert-variants.ts';
import type { Linear } from '../load.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';
import type { Mixture } from './expert-mixture.ts';
import { linear, type Source } from './linear.ts';

/** Each row's experts and their weights, and the pairs in tiles where there are many. */
export function chooseExperts(
  context: ForwardContext,
  { roles, experts, many }: Mixture,
  source: Source,
): void {
  const { add, variants, buffers, stepBuffer } = context;
  const { routerLogits, routes, pairOrder, pairTiles } = buffers.activations;
  const { count, used, gating, renormalizes, scale } = experts;
  routerProducts(context, roles.router, source);
  const choice = { experts: count, used, gating, renormalize: renormalizes, scale };
  const bias = roles.routerBias ?? roles.choiceBias;
  const biasing = { hasBias: bias !== undefined, biasesChoice: roles.choiceBias !== undefined };
  const shape = { ...choice, ...biasing, threads: variants.normThreads };
  add(route, shape, allRows, [routerLogits, routes, bias ?? routerLogits]);
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
    const few: RowsOf = ({ rows }) => ({ rows: rows <= FEW_ROUTED_ROWS ? rows : 0 });
    add(kernel, shape, few, [quants, scales, source.raw, routerLogits, source.weight!]);
  }
  const others: RowsOf = ({ rows }) => ({ rows: isOne && rows <= FEW_ROUTED_ROWS ? 0 : rows });
  linear(context, map, source, routerLogits, { of: others });
}
