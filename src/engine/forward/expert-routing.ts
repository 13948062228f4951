import { group } from '../../../kernels/experts/group.ts';
import { route } from '../../../kernels/experts/route.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import { PAIRS_PER_TILE } from '../plan/expert-plan.ts';
import { FEW_ROUTED_ROWS, manyRoutedKernel, routerKernel } from '../device/expert-variants.ts';
import type { Linear } from '../weights/load.ts';
import type { ForwardContext, RowsOf } from './context.ts';
import { choiceOf, type Mixture } from './expert-mixture.ts';
import type { Source } from './linear.ts';

/** Each row's experts and their weights, and the pairs in tiles where there are many. */
export function chooseExperts(context: ForwardContext, mixture: Mixture, source: Source): void {
  const { add, variants, buffers, stepBuffer } = context;
  const { routerLogits, routes, pairOrder, pairTiles } = buffers.activations;
  const { roles, experts, many, single, singleChooses } = mixture;
  const { count, used } = experts;
  routerProducts(context, roles.router, source);
  const { shape, bias } = choiceOf(mixture);
  const others: RowsOf = (load) => ({ rows: singleChooses && single(load).rows > 0 ? 0 : load.rows });
  const slices = [routerLogits, routes, bias ?? routerLogits];
  add(route, { ...shape, threads: variants.normThreads }, others, slices);
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
