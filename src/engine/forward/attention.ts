import {
  attentionCombine,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
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
  traits: BlockAttention,
  cache: Cache,
  to: BufferSlice,
  addTo: boolean,
): void {
  const { add, config, variants, buffers } = context;
  const { x, wide, middle, narrow } = buffers.activations;
  const { norm, qkv, qkvBias, qNorm, kNorm, sinks, output, outputBias } = roles;
  linear(context, qkv, { raw: x, weight: norm, scratch: narrow }, wide);
  if (qkvBias) add(bias, { dim: qkv.outputs, threads: variants.threads }, allRows, [qkvBias, wide]);
  const { heads, kvHeads, headDim, normEps: eps } = config;
  const headNormShape = { heads, kvHeads, headDim, eps, threads: Math.min(32, variants.normThreads) };
  if (qNorm && kNorm) add(headNorm('weights'), headNormShape, allRows, [wide, qNorm, kNorm]);
  if (traits.normsHeads) add(headNorm('no weights'), headNormShape, allRows, [wide]);
  turn(context, cache, traits);
  attend(context, cache, traits, sinks);
  linear(context, output, { raw: narrow, scratch: middle }, to, { addTo });
  if (outputBias) add(bias, { dim: config.dim, threads: variants.threads }, allRows, [outputBias, to]);
}

/** q, turned, from `wide` to `middle`; k, turned, and v to the cache. */
function turn(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v }: Cache,
  { rope, temperature }: BlockAttention,
): void {
  const { wide, middle } = buffers.activations;
  const shape = {
    ...kvShape(config, plan),
    heads: config.heads,
    rotaryDim: rope === undefined ? 0 : config.rotaryDim,
    pairs: config.ropePairs,
    temperature,
    threads: variants.threads,
  };
  const rotations = buffers.rotations[rope ?? 0]!;
  const slices = [wide, rotations, buffers.pages, stepBuffer.rows, middle, k, v];
  add(ropeKernel(plan.kv), shape, allRows, slices);
}

/** Of q in `middle`, to `narrow`. */
function attend(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v }: Cache,
  { window, isAligned }: BlockAttention,
  sinks: BufferSlice | undefined,
): void {
  const { middle, narrow, partials } = buffers.activations;
  const { heads, attentionScale: scale, attentionCap: cap } = config;
  const shape = { ...kvShape(config, plan), heads, scale, window, isAligned, cap };
  const kind = sinks ? 'sinks' : 'no sinks';
  const last = sinks ? [sinks] : [];
  const cache = [middle, k, v, buffers.pages];
  if (variants.attention === 'simple') {
    const slices = [...cache, stepBuffer.rows, narrow, ...last];
    add(attentionSimple(plan.kv, kind), { ...shape, threads: variants.threads }, allRows, slices);
    return;
  }
  const { chunkPositions, subgroupSize } = variants;
  const decodeShape = { ...shape, chunkPositions, subgroupSize, threads: 256 };
  const decodes = ({ decodes, depth }: StepLoad) =>
    decodes > 0
      ? { rows: decodes, chunks: decodeChunks(depth - 1, { ...decodeShape, rows: 0, chunks: 0 }) }
      : undefined;
  const decode = attentionDecode(plan.kv, variants.attention, decodeShape, kind);
  add(decode, decodeShape, decodes, [...cache, stepBuffer.rows, narrow, partials, ...last]);
  add(attentionCombine(kind), decodeShape, decodes, [partials, stepBuffer.rows, narrow, ...last]);
  const tiles = ({ tiles }: StepLoad) => (tiles > 0 ? { tiles } : undefined);
  add(attentionPrefill(plan.kv, kind), shape, tiles, [...cache, stepBuffer.tiles, narrow, ...last]);
}

function kvShape(
  { kvHeads, headDim }: ForwardContext['config'],
  { pageSize, maxPages }: ForwardContext['plan'],
) {
  return { kvHeads, headDim, page: pageSize, maxPages };
}
