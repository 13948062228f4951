import {
  ALONE_POSITIONS,
  attentionCombine,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
  chunkPositions,
  decodeChunks,
} from '../../../kernels/attention/attention.ts';
import { bias } from '../../../kernels/bias/bias.ts';
import { headNorm } from '../../../kernels/head-norm/head-norm.ts';
import { rope as ropeKernel } from '../../../kernels/rope/rope.ts';
import type { AttentionRoles, BlockAttention } from '../../../models/architectures/index.ts';
import type { BufferSlice } from '../gpu.ts';
import type { Linear } from '../load.ts';
import type { StepLoad } from '../step-buffer.ts';
import { allRows, type ForwardContext } from './context.ts';
import { linear } from './linear.ts';

/** The block's part of the cache. */
interface Cache {
  k: BufferSlice;
  v: BufferSlice;
}

/** output(attention(turned q, k and v)) of x, normed. k and v go to the cache first. */
export function attention(
  context: ForwardContext,
  roles: AttentionRoles<Linear, BufferSlice>,
  { window, rope }: BlockAttention,
  cache: Cache,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { add, config, variants, buffers } = context;
  const { x, wide, middle, narrow } = buffers.activations;
  const { norm, qkv, qkvBias, qNorm, kNorm, output } = roles;
  linear(context, qkv, { raw: x, weight: norm, scratch: narrow }, wide);
  if (qkvBias) add(bias, { dim: qkv.outputs, threads: variants.threads }, allRows, [qkvBias, wide]);
  if (qNorm && kNorm) {
    const { heads, kvHeads, headDim, normEps: eps } = config;
    const shape = { heads, kvHeads, headDim, eps, threads: Math.min(32, variants.normThreads) };
    add(headNorm, shape, allRows, [qNorm, kNorm, wide]);
  }
  turn(context, cache, rope);
  attend(context, cache, window, rope);
  linear(context, output, { raw: narrow, scratch: middle }, to, { addTo });
}

/** q, turned, from `wide` to `middle`; k, turned, and v to the cache. Attention does that itself for decoding rows. */
function turn(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v }: Cache,
  rope: BlockAttention['rope'],
): void {
  const { wide, middle } = buffers.activations;
  const { heads } = config;
  const shape = { ...kvShape(config, plan), heads, ...turnShape(config, rope), threads: variants.threads };
  const slices = [wide, buffers.rotations[rope ?? 0]!, buffers.pages, stepBuffer.rows, middle, k, v];
  const isTurned = variants.attention !== 'simple';
  const wanted = (load: StepLoad) => (isTurned && load.decodes === load.rows ? undefined : allRows(load));
  add(ropeKernel(plan.kv), shape, wanted, slices);
}

/** Of q in `middle`, or of decoding rows' q, k and v in `wide`, to `narrow`. */
function attend(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v }: Cache,
  window: number,
  rope: BlockAttention['rope'],
): void {
  const { wide, middle, narrow, partials } = buffers.activations;
  const { heads, attentionScale: scale } = config;
  const shape = { ...kvShape(config, plan), heads, scale, window };
  const cache = [middle, k, v, buffers.pages];
  if (variants.attention === 'simple') {
    const slices = [...cache, stepBuffer.rows, narrow];
    add(attentionSimple(plan.kv), { ...shape, threads: variants.threads }, allRows, slices);
    return;
  }
  const decodeShape = {
    ...shape,
    alonePositions: ALONE_POSITIONS,
    chunkPositions: chunkPositions(plan.contextLength),
    subgroupSize: variants.subgroupSize,
    threads: 256,
    turn: turnShape(config, rope),
  };
  const decodes = ({ decodes, depth }: StepLoad) =>
    decodes > 0 ? { rows: decodes, chunks: decodeChunks(depth - 1, decodeShape) } : undefined;
  const decode = attentionDecode(plan.kv, variants.attention, 'turning', decodeShape);
  const rotations = buffers.rotations[rope ?? 0]!;
  const given = [wide, k, v, buffers.pages, stepBuffer.rows];
  add(decode, decodeShape, decodes, [...given, narrow, partials, rotations]);
  add(attentionCombine, decodeShape, decodes, [partials, stepBuffer.rows, narrow]);
  const tiles = ({ tiles }: StepLoad) => (tiles > 0 ? { tiles } : undefined);
  add(attentionPrefill(plan.kv), shape, tiles, [...cache, stepBuffer.tiles, narrow]);
}

function turnShape({ rotaryDim, ropePairs }: ForwardContext['config'], rope: BlockAttention['rope']) {
  return { rotaryDim: rope === undefined ? 0 : rotaryDim, pairs: ropePairs };
}

function kvShape(
  { kvHeads, headDim }: ForwardContext['config'],
  { pageSize, maxPages }: ForwardContext['plan'],
) {
  return { kvHeads, headDim, page: pageSize, maxPages };
}
