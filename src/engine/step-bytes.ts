import type { ModelConfig } from '../../models/architectures/index.ts';
import type { Plan } from './plan.ts';
import { Readback } from './readback.ts';
import { samplingSizes } from './sampling.ts';
import { StepBuffer } from './step-buffer.ts';

/**
 * Steps submitted before the first of them is read: hides the readback. Chromium sees some 2.6 ms late that a step is
 * done, so a token takes at least a DEPTH-th of that and of its own time: 0.8 ms with four, less than the GPU's with six.
 */
export const STEP_DEPTH = 6;
/** Of a model that makes vectors: one is computed while the other is read. */
export const VECTOR_DEPTH = 2;

/** What a step takes beside the weights, the cache and its activations: what it is told, how it samples, what comes back. */
export function stepBytes(config: ModelConfig, sizes: Pick<Plan, 'slots' | 'maxRows'>): number {
  const told = StepBuffer.places(sizes).size;
  const { slots } = sizes;
  if (config.pooling) return told + Readback.bytes(VECTOR_DEPTH, slots * config.vectorDim * 4);
  const samplingBuffers = samplingSizes(config.vocab, slots);
  const sampling = Object.values(samplingBuffers).reduce((sum, bytes) => sum + bytes, 0);
  return told + sampling + Readback.bytes(STEP_DEPTH, samplingBuffers.results);
}
