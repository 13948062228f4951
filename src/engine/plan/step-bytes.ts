import { TILE_ROWS } from '../../../kernels/attention/attention.ts';
import { LIKELIEST_SCRATCH_BYTES, LIST_BYTES } from '../../../kernels/likeliest/likeliest.ts';
import { maskWords, SAMPLER_BYTES, SCRATCH_BYTES } from '../../../kernels/sample/sample.ts';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import type { Plan } from './plan.ts';
import { Readback } from '../gpu/readback.ts';

/** Where every adapter can bind. */
export const ALIGNMENT = 256;
/** Id and log-probability. */
export const RESULT_BYTES = 8;
/** What is copied from the device at once, or a page if that is more. */
export const BATCH_BYTES = 2 ** 20;

type Sizes = Pick<Plan, 'slots' | 'maxRows'>;

/**
 * Steps submitted before the first of them is read: hides the readback. Chromium sees some 2.6 ms late that a step is
 * done, so a token takes at least a DEPTH-th of that and of its own time: 0.8 ms with four, less than the GPU's with six.
 */
export const STEP_DEPTH = 6;
/** Of a model that makes vectors: one is computed while the other is read. */
export const VECTOR_DEPTH = 2;

/** What a step takes beside the weights, the cache and its activations: what it is told, how it samples, what comes back. */
export function stepBytes(config: ModelConfig, sizes: Sizes): number {
  const told = stepPlaces(sizes).size;
  const { slots } = sizes;
  if (config.pooling) return told + Readback.bytes(VECTOR_DEPTH, slots * config.vectorDim * 4);
  const samplingBuffers = samplingSizes(config.vocab, slots);
  const sampling = Object.values(samplingBuffers).reduce((sum, bytes) => sum + bytes, 0);
  return told + sampling + Readback.bytes(STEP_DEPTH, samplingBuffers.results);
}

/** Where everything in a step buffer begins, and where it ends, in bytes. */
export function stepPlaces({ slots, maxRows }: Sizes, tileCount = mostTiles(maxRows, slots)) {
  const outputs = 2 * ALIGNMENT;
  const tiles = align(outputs + mostSamples(slots) * 16);
  const rows = align(tiles + tileCount * 16);
  return { outputs, tiles, rows, size: align(rows + maxRows * 16) };
}

/** Of a step: every output may be under a mask. */
export function mostSamples(slots: number): number {
  return 2 * slots;
}

/** Of the buffers for sampling, in bytes. */
export function samplingSizes(vocab: number, slots: number) {
  return {
    masks: slots * maskWords(vocab) * 4,
    samplers: slots * SAMPLER_BYTES,
    scratch: mostSamples(slots) * SCRATCH_BYTES,
    sampled: slots * 4,
    results: listsAt(slots) + slots * LIST_BYTES,
    wanted: slots * 4,
    likeliestScratch: slots * LIKELIEST_SCRATCH_BYTES,
  };
}

/** Where the likeliest tokens of each output lie behind the results of all samples. */
export function listsAt(slots: number): number {
  return align(mostSamples(slots) * RESULT_BYTES);
}

/** What reading pages of the cache takes on the device, where all blocks together have so many bytes a page. */
export function pageReadBytes(pageBytes: number): number {
  return Math.max(BATCH_BYTES, pageBytes);
}

/** Every sequence may leave one tile not full. */
export function mostTiles(maxRows: number, slots: number): number {
  return Math.ceil(maxRows / TILE_ROWS) + slots;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
