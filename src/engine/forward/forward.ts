import { embedding } from '../../../kernels/embedding/embedding.ts';
import { gather } from '../../../kernels/gather/gather.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import type { Dispatch } from '../dispatch.ts';
import type { BufferSlice } from '../gpu.ts';
import type { StepLoad } from '../step-buffer.ts';
import { attention } from './attention.ts';
import { allRows, collect, type ForwardContext, type ForwardParts, type RowsOf } from './context.ts';
import { feedForward } from './feed-forward.ts';
import { linear } from './linear.ts';

/** Embedding, blocks, head: every dispatch of a step up to the logits, in order. */
export function buildForward(parts: ForwardParts): Promise<Dispatch[]> {
  return collect(parts, (context) => {
    embed(context);
    for (const i of parts.weights.blocks.keys()) block(context, i);
    head(context);
  });
}

/** The rows' tokens, to x. */
function embed({ add, config, weights, buffers, stepBuffer, sampling }: ForwardContext): void {
  for (const { matrix, outOffset } of weights.embedding.parts) {
    const shape = { k: config.dim, firstId: outOffset, ids: matrix.rows, scale: config.embeddingScale };
    const slices = [matrix.quants, matrix.scales, stepBuffer.rows, sampling.sampled, buffers.activations.x];
    add(embedding(matrix.format), shape, allRows, slices);
  }
}

function block(context: ForwardContext, i: number): void {
  const { config, weights, buffers } = context;
  const { wide, narrow } = buffers.activations;
  const { mixer, feedForward: ffn } = weights.blocks[i]!;
  addToX(context, mixer.postNorm, wide, (to, addTo) =>
    attention(context, mixer, config.attention[i]!, buffers.caches[i]!, to, addTo),
  );
  addToX(context, ffn.postNorm, narrow, (to, addTo) => feedForward(context, ffn, to, addTo));
}

/** What `write` gives, added to x: at once, or by way of `spare` and the post-norm of families that have one. */
function addToX(
  { add, config, variants, buffers }: ForwardContext,
  postNorm: BufferSlice | undefined,
  spare: BufferSlice,
  write: (to: BufferSlice, addTo: boolean) => void,
): void {
  const { x } = buffers.activations;
  if (!postNorm) {
    write(x, true);
    return;
  }
  write(spare, false);
  const shape = { dim: config.dim, eps: config.normEps, threads: variants.normThreads, add: true };
  add(rmsNorm, shape, allRows, [spare, postNorm, x]);
}

/** Logits of the rows that are outputs. */
function head(context: ForwardContext): void {
  const { add, config, weights, buffers, stepBuffer } = context;
  const { x, outputs, outputsNormed, logits } = buffers.activations;
  // Where every row is an output, as in decoding, they are in order already
  const isWhole: RowsOf = (load) => ({ rows: load.rows === load.outputs ? load.outputs : 0 });
  const isPart: RowsOf = (load) => ({ rows: load.rows === load.outputs ? 0 : load.outputs });
  const source = { weight: weights.outputNorm, scratch: outputsNormed };
  const count = stepBuffer.outputCount;
  linear(context, weights.head, { raw: x, ...source }, logits, { of: isWhole, count });
  const gathered = (load: StepLoad) => (isPart(load).rows > 0 ? allRows(load) : undefined);
  add(gather, { dim: config.dim }, gathered, [x, stepBuffer.rows, outputs, stepBuffer.rowCount]);
  linear(context, weights.head, { raw: outputs, ...source }, logits, { of: isPart, count });
}
