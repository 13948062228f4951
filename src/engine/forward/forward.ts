import { cap } from '../../../kernels/cap/cap.ts';
import { type EmbeddingShape, embedding } from '../../../kernels/embedding/embedding.ts';
import { gather } from '../../../kernels/gather/gather.ts';
import { layerNorm } from '../../../kernels/layer-norm/layer-norm.ts';
import { pool } from '../../../kernels/pool/pool.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import type { Pooling } from '../../../models/architectures/index.ts';
import type { Dispatch, StepLoad } from '../gpu/dispatch.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear } from '../weights/load.ts';
import { attention } from './attention.ts';
import {
  allRows,
  collect,
  type ForwardContext,
  type ForwardParts,
  outputRows,
  type RowsOf,
} from './context.ts';
import { experts } from './experts.ts';
import { feedForward } from './feed-forward.ts';
import { linear } from './linear.ts';
import { plain } from './plain.ts';
import { shortConv } from './short-conv.ts';

const WHOLE = { embeds: true, samples: true };

/** Embedding, blocks, and what a step gives (`activations`): every dispatch up to logits or a text's vector, in order. */
export function buildForward(parts: ForwardParts): Promise<Dispatch[]> {
  return collect(parts, (context) => {
    const { config, weights, ends = WHOLE } = parts;
    if (ends.embeds) embed(context, weights.embedding!);
    for (const i of weights.blocks.keys()) block(context, i);
    if (!ends.samples) return;
    if (config.pooling) poolTexts(context, config.pooling);
    else head(context, weights.head!);
  });
}

/** The rows' tokens, to x, and what is known of their places. */
function embed(context: ForwardContext, table: Linear): void {
  const { config, weights, buffers } = context;
  const { x } = buffers.activations;
  look(context, table, { scale: config.embeddingScale });
  if (weights.positions) look(context, weights.positions, { key: 'position', add: true });
  if (weights.tokenTypes) look(context, weights.tokenTypes, { key: 'first', add: true });
  if (weights.embeddingNorm) normSum(context, weights.embeddingNorm, x);
}

/** A table's entries, to x. */
function look(
  { add, config, buffers, stepBuffer, sampled }: ForwardContext,
  table: Linear,
  options: Pick<EmbeddingShape, 'scale' | 'key' | 'add'>,
): void {
  for (const { matrix, outOffset } of table.parts) {
    const shape = { k: config.dim, firstId: outOffset, ids: matrix.rows, ...options };
    const slices = [matrix.quants, matrix.scales, stepBuffer.rows, sampled, buffers.activations.x];
    add(embedding(matrix.format), shape, allRows, slices);
  }
}

function block(context: ForwardContext, i: number): void {
  const { config, weights, buffers } = context;
  const { wide, narrow } = buffers.activations;
  const { mixer, feedForward: ffn } = weights.blocks[i]!;
  addToX(context, mixer, wide, (to, addTo) =>
    'taps' in mixer
      ? shortConv(context, mixer, buffers.inputs[i]!, to, addTo)
      : attention(context, mixer, config.attention[i]!, buffers.caches[i], to, addTo),
  );
  addToX(context, ffn, narrow, (to, addTo) => {
    if ('up' in ffn) plain(context, ffn, to, addTo);
    else if ('router' in ffn) experts(context, ffn, to, addTo);
    else feedForward(context, ffn, to, addTo);
  });
}

/**
 * What `write` gives, added to x: at once, or by way of `spare` and the post-norm of families that have one. Then the
 * norm of the sum, where there is one.
 */
function addToX(
  context: ForwardContext,
  { postNorm, sumNorm }: { postNorm?: BufferSlice | undefined; sumNorm?: BufferSlice | undefined },
  spare: BufferSlice,
  write: (to: BufferSlice, addTo: boolean) => void,
): void {
  const { add, config, variants, buffers } = context;
  const { x } = buffers.activations;
  write(postNorm ? spare : x, !postNorm);
  if (postNorm) {
    const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads, add: true };
    add(rmsNorm, shape, allRows, [spare, postNorm, x]);
  }
  if (sumNorm) normSum(context, sumNorm, x);
}

function normSum({ add, config, variants }: ForwardContext, affine: BufferSlice, x: BufferSlice): void {
  const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads };
  add(layerNorm, shape, allRows, [affine, x]);
}

/** Vectors of the texts that end in this step, to `outputs`. */
function poolTexts(context: ForwardContext, kind: Pooling): void {
  const { add, config, variants, weights, buffers, stepBuffer } = context;
  const { x, wide, middle, narrow, outputs } = buffers.activations;
  const { outputNorm, project, projectAgain } = weights;
  const { dim, normEps: eps } = config;
  if (outputNorm) add(rmsNorm, { dim, eps, threads: variants.normThreads }, allRows, [x, outputNorm, narrow]);
  const slices = [outputNorm ? narrow : x, stepBuffer.outputs, outputs];
  const texts = ({ outputs }: StepLoad) => ({ outputs });
  add(pool, { dim, kind, threads: variants.threads }, texts, slices);
  if (!project || !projectAgain) return;
  const ofTexts = { of: outputRows, count: stepBuffer.outputCount };
  linear(context, project, { raw: outputs, scratch: wide }, middle, ofTexts);
  linear(context, projectAgain, { raw: middle, scratch: wide }, outputs, ofTexts);
}

/** Logits of the rows that are outputs. */
function head(context: ForwardContext, map: Linear): void {
  const { add, config, variants, weights, buffers, stepBuffer } = context;
  const { x, outputs, outputsNormed, logits } = buffers.activations;
  // Where every row is an output, as in decoding, they are in order already
  const isWhole: RowsOf = (load) => ({ rows: load.rows === load.outputs ? load.outputs : 0 });
  const isPart: RowsOf = (load) => ({ rows: load.rows === load.outputs ? 0 : load.outputs });
  const source = { weight: weights.outputNorm, scratch: outputsNormed };
  const count = stepBuffer.outputCount;
  linear(context, map, { raw: x, ...source }, logits, { of: isWhole, count });
  const gathered = (load: StepLoad) => (isPart(load).rows > 0 ? allRows(load) : undefined);
  add(gather, { dim: config.dim }, gathered, [x, stepBuffer.rows, outputs, stepBuffer.rowCount]);
  linear(context, map, { raw: outputs, ...source }, logits, { of: isPart, count });
  if (config.logitCap) {
    const shape = { dim: config.vocab, cap: config.logitCap, threads: variants.threads };
    add(cap, shape, outputRows, [logits]);
  }
}
