import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import output from '../output.wgsl?raw';
import common from './sample.wgsl?raw';
import gather from './sample-gather.wgsl?raw';
import pick from './sample-pick.wgsl?raw';
import scan from './sample-scan.wgsl?raw';

/**
 * How a sequence's next token is chosen. In this order:
 *
 * - `repetitionPenalty` divides positive and multiplies negative logits of tokens of prompt and answer (Keskar et al.
 *   2019); `frequencyPenalty` times their number in the answer, and `presencePenalty` once, are taken off (OpenAI).
 * - `temperature` divides. Under 1e-4 the choice is greedy, as it is for `topK` 1; of equals the lowest id wins.
 * - `topK` keeps that many tokens (0: all), `topP` the fewest whose probabilities among those add up to it, `minP` those
 *   at least so probable relative to the best. Tokens that equal the last one kept are kept too.
 */
export interface Sampler {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  frequencyPenalty: number;
  presencePenalty: number;
  /** Whether `counts` has biases, which are added after penalties. */
  isBiased?: boolean;
  /** 32 bits. The noise of a token is a hash of the seed, the position and the token. */
  seed: number;
}

export interface SampleShape {
  outputs: number;
  vocab: number;
  /** Workgroups that share the vocabulary of one output, 64 at most: `sampleParts`. */
  parts: number;
  /** A power of two; fewer where barriers are dear. */
  threads: number;
}

/** Bytes of a sampler in `samplers`, and of an output's in `scratch`. */
export const SAMPLER_BYTES = 36;
export const SCRATCH_BYTES = 4 + 64 * 28 + 4096 * 8;

/** In `counts`: set for tokens of the prompt; the low 16 bits are the times in the answer, the 15 between them `biasBits`. */
export const IN_PROMPT = 0x8000_0000;

/** A bias from −128 to just under 128, in units of 1/128, where `counts` has it. */
export function biasBits(bias: number): number {
  return ((Math.round(bias * 128) & 0x7fff) << 16) >>> 0;
}

const constants = ({ vocab, parts, threads }: SampleShape) => ({
  VOCAB: vocab,
  PARTS: parts,
  THREADS: threads,
});

/**
 * The three dispatches of sampling, in this order. `outputs` u32 {sequence, position, row, choice}, `samplers` (sequences) of
 * `packSampler`, `logits` f32 (outputs, vocab), `masks` u32 (sequences, `maskWords`), `counts` u32 (sequences, vocab), `scratch` (outputs · SCRATCH_BYTES).
 *
 * Reads `outputs`, `samplers`, `logits`, `masks`, `counts`; writes `scratch`.
 */
export const sampleScan: Kernel<SampleShape> = {
  name: 'sample-scan',
  wgsl: output + common + scan,
  bindings: ['read', 'read', 'read', 'read', 'read', 'write'],
  // Counts are read only where there are penalties
  cost: ({ outputs, vocab }) => valuesCost(outputs * vocab, 6 * outputs * vocab),
  constants,
  workgroups: ({ parts, outputs }) => [parts, outputs],
};

/** As `sampleScan`, whose `scratch` it goes on with. May be left out where no sampler `restricts`. */
export const sampleGather: Kernel<SampleShape> = {
  name: 'sample-gather',
  wgsl: output + common + gather,
  bindings: ['read', 'read', 'read', 'read', 'read', 'write'],
  cost: ({ outputs, vocab }) => valuesCost(outputs * vocab, 2 * outputs * vocab),
  constants,
  workgroups: ({ parts, outputs }) => [parts, outputs],
};

/**
 * Reads `outputs`, `samplers`, `logits`, `masks`; counts the new token in `counts`; reads `scratch`; writes the id into `sampled`
 * (sequences) and {id, bits of the f32 log-probability under the logits as they came, NaN where one of them is not finite} into `results` (outputs).
 */
export const samplePick: Kernel<SampleShape> = {
  name: 'sample-pick',
  wgsl: output + common + pick,
  bindings: ['read', 'read', 'read', 'read', 'write', 'read', 'write', 'write'],
  cost: ({ outputs, parts }) => ({ bytes: outputs * parts * 24, operations: 4 * outputs * parts }),
  constants,
  workgroups: ({ outputs }) => [outputs],
};

/** Words of a sequence in `masks`: a bit for each token that may come. */
export function maskWords(vocab: number): number {
  return Math.ceil(vocab / 32);
}

/** The last word of an output that is chosen under its sequence's mask, and of what output `i` would say without. */
export const UNDER_MASK = 1;
export function asideOf(i: number): number {
  return 2 + i;
}

/** As many parts as leave each thread a few tokens. */
export function sampleParts(vocab: number, threads: number): number {
  return Math.min(64, Math.max(1, Math.ceil(vocab / (threads * 4))));
}

/** True if this sampler draws from fewer tokens than all: the rest of sampling needs `sampleGather` for it. */
export function restricts({ temperature, topK, topP, minP }: Sampler, vocab: number): boolean {
  const greedy = temperature < 1e-4 || topK === 1;
  return !greedy && ((topK > 0 && topK < vocab) || topP < 1 || minP > 0);
}

/** One entry of `samplers`. */
export function packSampler(sampler: Sampler): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(SAMPLER_BYTES));
  bytes.setFloat32(0, sampler.temperature, true);
  bytes.setUint32(4, sampler.topK, true);
  bytes.setFloat32(8, sampler.topP, true);
  bytes.setFloat32(12, sampler.minP, true);
  bytes.setFloat32(16, sampler.repetitionPenalty, true);
  bytes.setFloat32(20, sampler.frequencyPenalty, true);
  bytes.setFloat32(24, sampler.presencePenalty, true);
  bytes.setUint32(28, sampler.seed, true);
  bytes.setUint32(32, sampler.isBiased ? 1 : 0, true);
  return new Uint8Array(bytes.buffer);
}
