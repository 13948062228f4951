import { ropeRows } from '../../../kernels/rope-rows/rope-rows.ts';
import { textAttention } from '../../../kernels/text-attention/text-attention.ts';
import type { BlockAttention } from '../../../models/architectures/index.ts';
import { allRows, type ForwardContext } from './context.ts';

/** Attention among the rows of texts that are whole in the step, without a cache: of qkv in `wide`, to `narrow`. */
export function attendWithin(
  { add, config, variants, buffers, stepBuffer }: ForwardContext,
  { window, rope }: BlockAttention,
): void {
  const { wide, narrow } = buffers.activations;
  const { heads, kvHeads, headDim, isCausal, attentionScale: scale } = config;
  const { threads } = variants;
  const shape = { heads, kvHeads, headDim, threads };
  if (rope !== undefined) {
    const turn = { ...shape, rotaryDim: config.rotaryDim, pairs: config.ropePairs };
    add(ropeRows, turn, allRows, [buffers.rotations[rope]!, stepBuffer.rows, wide]);
  }
  const slices = [wide, stepBuffer.rows, stepBuffer.outputs, narrow, stepBuffer.rowCount];
  add(textAttention(shape), { ...shape, scale, isCausal, window }, allRows, slices);
}
