import {
  ALONE_POSITIONS,
  attentionCombine,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
  CHUNK_POSITIONS,
  type DecodeAttentionShape,
  decodeChunks,
  decodeLanes,
  MOST_HEADS,
  mostChunks,
  NORMING_BINDINGS,
} from '../../../kernels/attention/attention.ts';
import { bias } from '../../../kernels/bias/bias.ts';
import { headNorm } from '../../../kernels/head-norm/head-norm.ts';
import type { Kernel } from '../../../kernels/kernel.ts';
import { rope as ropeKernel } from '../../../kernels/rope/rope.ts';
import type { AttentionRoles, BlockAttention, ModelConfig } from '../../../models/architectures/index.ts';
import type { KvCache } from './buffers.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear } from '../weights/load.ts';
import type { StepLoad } from '../gpu/dispatch.ts';
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
  const own = ownWork(context, roles, traits);
  const norms = qNorm && kNorm ? [qNorm, kNorm] : [];
  if (norms.length > 0)
    add(headNorm('weights'), headNormShape, own.norms ? unlessOwn(own) : allRows, [wide, ...norms]);
  if (traits.normsHeads) add(headNorm('no weights'), headNormShape, allRows, [wide]);
  if (cache) {
    turn(context, cache, traits, own);
    attend(context, cache, traits, sinks, own, norms);
  } else attendWithin(context, traits);
  linear(context, output, { raw: narrow, scratch: middle }, to, { addTo });
  if (outputBias) add(bias, { dim: config.dim, threads: variants.threads }, allRows, [outputBias, to]);
}

/** What attention does itself in a step of decoding rows alone, so that nothing else need be dispatched for it. */
interface OwnWork {
  turns: boolean;
  norms: boolean;
}

function ownWork(
  { variants }: ForwardContext,
  { qNorm, sinks }: AttentionRoles<Linear, BufferSlice>,
  { normsHeads }: BlockAttention,
): OwnWork {
  const turns = variants.attention !== 'simple' && !sinks;
  const hasRoom = variants.mostBindings >= NORMING_BINDINGS;
  return { turns, norms: turns && qNorm !== undefined && !normsHeads && hasRoom };
}

function isOwn({ decodes, rows, hasGuesses }: StepLoad): boolean {
  return decodes === rows && !hasGuesses;
}

function unlessOwn({ turns }: OwnWork) {
  return (load: StepLoad) => (turns && isOwn(load) ? undefined : allRows(load));
}

/** q, turned, from `wide` to `middle`; k, turned, and v to the cache. Attention may do that itself for decoding rows. */
function turn(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v, pages }: KvCache,
  traits: BlockAttention,
  own: OwnWork,
): void {
  const { wide, middle } = buffers.activations;
  const { heads } = config;
  const shape = { ...kvShape(config, plan), heads, ...turnShape(config, traits), threads: variants.threads };
  const slices = [wide, rotations(buffers, traits), pages, stepBuffer.rows, middle, k, v];
  add(ropeKernel(plan.kv), shape, unlessOwn(own), slices);
}

/** Of q in `middle`, or of decoding rows' q, k and v in `wide`, to `narrow`. */
function attend(
  { add, config, variants, plan, buffers, stepBuffer }: ForwardContext,
  { k, v, pages }: KvCache,
  traits: BlockAttention,
  sinks: BufferSlice | undefined,
  own: OwnWork,
  norms: BufferSlice[],
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
    chunkPositions: CHUNK_POSITIONS,
    mostChunks: mostChunks(config),
    subgroupSize: variants.subgroupSize,
    threads: 256,
    block: MOST_HEADS,
    eps: config.normEps,
    turn: turnShape(config, traits),
  };
  const decodes = ({ decodes, depth }: StepLoad) =>
    decodes > 0 ? { rows: decodes, chunks: decodeChunks(depth - 1, decodeShape) } : undefined;
  const lanes = decodeLanes(variants.attention, config, variants.subgroupSize);
  const rest = [k, v, pages, stepBuffer.rows, narrow, partials];
  const addDecode = (kernel: Kernel<DecodeAttentionShape>, of: typeof decodes, slices: BufferSlice[]) => {
    // Short contexts want many workgroups; long ones should be read once
    const short = (load: StepLoad) => (of(load)?.chunks === 1 ? of(load) : undefined);
    const long = (load: StepLoad) => (of(load)?.chunks === 1 ? undefined : of(load));
    add(kernel, { ...decodeShape, block: 1 }, short, slices);
    add(kernel, decodeShape, long, slices);
  };
  // Heads that were normed for other rows too must not be normed again
  const turning = (load: StepLoad) => (own.norms && !isOwn(load) ? undefined : decodes(load));
  const cached = (load: StepLoad) => (turning(load) ? undefined : decodes(load));
  if (own.turns) {
    const variant = { kv: plan.kv, lanes, from: 'turning' } as const;
    const kernel = attentionDecode({ ...variant, norms: own.norms ? 'norms heads' : 'no norms' });
    addDecode(kernel, turning, [wide, ...rest, rotations(buffers, traits), ...(own.norms ? norms : [])]);
  }
  if (!own.turns || own.norms) {
    const kernel = attentionDecode({ kv: plan.kv, lanes, from: 'cached', sinks: kind });
    addDecode(kernel, own.turns ? cached : decodes, [middle, ...rest, ...last]);
  }
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
