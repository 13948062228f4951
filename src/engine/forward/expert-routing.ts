import { group } from '../../../kernels/experts/group.ts';
import { route } from '../../../kernels/experts/route.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import { PAIRS_PER_TILE } from '../expert-plan.ts';
import { FEW_ROUTED_ROWS, manyRoutedKernel, routerKernel } from '../expert-variants.ts';
import type { Linear } from '../load.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';
import type { Mixture } from './expert-mixture.ts';
import type { Source } from './linear.ts';

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

/**
 * The router's logits, in f32 whatever else is multiplied in: a choice should not hang on rounding. Those of few rows
 * are made with the norm in one dispatch.
 */
function routerProducts(context: ForwardContext, map: Linear, { raw, weight, scratch }: Source): void {
  const { add, config, variants, buffers, stepBuffer } = context;
  const { routerLogits } = buffers.activations;
  const [part] = map.parts;
  const isOne = weight !== undefined && map.parts.length === 1;
  const few: RowsOf = ({ rows }) => ({ rows: isOne && rows <= FEW_ROUTED_ROWS ? rows : 0 });
  const others: RowsOf = (load) => ({ rows: few(load).rows > 0 ? 0 : load.rows });
  if (isOne) {
    const { format, quants, scales } = part!.matrix;
    const shape = { k: map.inputs, experts: map.outputs, eps: config.normEps };
    add(routerKernel(variants, format, map.inputs), shape, few, [quants, scales, raw, routerLogits, weight]);
  }
  if (weight) {
    const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads };
    add(rmsNorm, shape, others, [raw, weight, scratch]);
  }
  for (const { matrix, outOffset } of map.parts) {
    const shape = { k: map.inputs, n: matrix.rows, add: false, outStride: map.outputs, outOffset };
    const slices = [matrix.quants, matrix.scales, weight ? scratch : raw, routerLogits, stepBuffer.rowCount];
    add(manyRoutedKernel(variants, matrix), shape, others, slices);
  }
}
