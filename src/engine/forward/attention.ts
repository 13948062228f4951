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
import type { AttentionRoles, BlockAttention, ModelConfig } from '../../../models/architectures/index.ts';
import type { KvCache } from '../buffers.ts';
import type { BufferSlice } from '../gpu.ts';
import type { Linear } from '../load.ts';
import type { StepLoad } from '../step-buffer.ts';
import { allRows, type ForwardContext } from './context.ts';
import { linear } from './linear.ts';
import { attendWithin } from './text-attention.ts';

/** output(attention(turned q, k and v)) of x, normed. k and v go to the cache first, where there is one. */
export function attention(
  context: ForwardContext,
  roles: AttentionRoles<Linear, BufferSlice>,
  traits: BlockAttention,
  cache: KvCache | undefined,
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
  if (cache) {
    const isTurning = variants.attention !== 'simple' && !sinks;
    turn(context, cache, traits, isTurning);
    attend(context, cache, traits, sinks, isTurning);
  } else attendWithin(context, traits);
  linear(context, output, { raw: narrow, scratch: middle }, to, { addTo });
  if (outputBias) add(bias, { dim: config.dim, threads: variants.threads }, allRows, [outputBias, to]);
}

/** q, turned, from `wide` to `middle`; k, turned, and v to the cache. Attention may do that itself for decoding rows. */
function turn(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v, pages }: KvCache,
  traits: BlockAttention,
  isTurning: boolean,
): void {
  const { wide, middle } = buffers.activations;
  const { heads } = config;
  const shape = { ...kvShape(config, plan), heads, ...turnShape(config, traits), threads: variants.threads };
  const slices = [wide, rotations(buffers, traits), pages, stepBuffer.rows, middle, k, v];
  const wanted = (load: StepLoad) =>
    isTurning && load.decodes === load.rows && !load.hasGuesses ? undefined : allRows(load);
  add(ropeKernel(plan.kv), shape, wanted, slices);
}

/** Of q in `middle`, or of decoding rows' q, k and v in `wide`, to `narrow`. */
function attend(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v, pages }: KvCache,
  traits: BlockAttention,
  sinks: BufferSlice | undefined,
  isTurning: boolean,
): void {
  const { wide, middle, narrow, partials } = buffers.activations;
  const { window, isAligned } = traits;
  const { heads, attentionScale: scale, attentionCap: cap } = config;
  const shape = { ...kvShape(config, plan), heads, scale, window, isAligned, cap };
  const kind = sinks ? 'sinks' : 'no sinks';
  const last = sinks ? [sinks] : [];
  const cache = [middle, k, v, pages];
  if (variants.attention === 'simple') {
    const slices = [...cache, stepBuffer.rows, narrow, ...last];
    add(attentionSimple(plan.kv, kind), { ...shape, threads: variants.threads }, allRows, slices);
    return;
  }
  const decodeShape = {
    ...shape,
    alonePositions: ALONE_POSITIONS,
    chunkPositions: chunkPositions(plan.contextLength),
    subgroupSize: variants.subgroupSize,
    threads: 256,
    block: 4,
    turn: turnShape(config, traits),
  };
  const decodes = ({ decodes, depth }: StepLoad) =>
    decodes > 0 ? { rows: decodes, chunks: decodeChunks(depth - 1, decodeShape) } : undefined;
  // Short contexts want many workgroups; long ones should be read once
  const short = (load: StepLoad) => (decodes(load)?.chunks === 1 ? decodes(load) : undefined);
  const long = (load: StepLoad) => (decodes(load)?.chunks === 1 ? undefined : decodes(load));
  const from = isTurning ? 'turning' : 'cached';
  const decode = attentionDecode({ kv: plan.kv, lanes: variants.attention, from, sinks: kind });
  const given = [isTurning ? wide : middle, k, v, pages, stepBuffer.rows, narrow, partials];
  const slices = isTurning ? [...given, rotations(buffers, traits)] : [...given, ...last];
  add(decode, { ...decodeShape, block: 1 }, short, slices);
  add(decode, decodeShape, long, slices);
  add(attentionCombine(kind), decodeShape, decodes, [partials, stepBuffer.rows, narrow, ...last]);
  const tiles = ({ tiles }: StepLoad) => (tiles > 0 ? { tiles } : undefined);
  add(attentionPrefill(plan.kv, kind), shape, tiles, [...cache, stepBuffer.tiles, narrow, ...last]);
}

function turnShape({ rotaryDim, ropePairs: pairs }: ModelConfig, { rope, temperature }: BlockAttention) {
  return { rotaryDim: rope === undefined ? 0 : rotaryDim, pairs, temperature };
}

function rotations({ rotations }: ForwardContext['buffers'], { rope = 0 }: BlockAttention): BufferSlice {
  return rotations[rope]!;
}

function kvShape(
  { kvHeads, headDim }: ForwardContext['config'],
  { pageSize, maxPages }: ForwardContext['plan'],
) {
  return { kvHeads, headDim, page: pageSize, maxPages };
}
