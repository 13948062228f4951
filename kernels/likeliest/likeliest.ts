import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import output from '../output.wgsl?raw';
import common from './likeliest.wgsl?raw';
import pick from './likeliest-pick.wgsl?raw';
import scan from './likeliest-scan.wgsl?raw';

export interface LikeliestShape {
  outputs: number;
  vocab: number;
  /** Workgroups that share the vocabulary of one output, 64 at most. */
  parts: number;
  /** A power of two; fewer where barriers are dear. */
  threads: number;
}

/** Tokens of an output's list, of which there are as many as its sequence wants. */
export const MOST_LIKELIEST = 20;
/** Bytes of an output's list, and of an output in `scratch`. */
export const LIST_BYTES = MOST_LIKELIEST * 8;
export const LIKELIEST_SCRATCH_BYTES = 64 * (4 + MOST_LIKELIEST * 8);

const constants = ({ vocab, parts, threads }: LikeliestShape) => ({
  VOCAB: vocab,
  PARTS: parts,
  THREADS: threads,
});

/**
 * The first of two dispatches, `likeliestPick` the second. `outputs` u32 as for sampling, `wanted` u32 (sequences) how
 * many of the likeliest tokens, 0 for none, `logits` f32 (outputs, vocab), `scratch` (outputs · LIKELIEST_SCRATCH_BYTES).
 *
 * Reads `outputs`, `wanted`, `logits`; writes `scratch`.
 */
export const likeliestScan: Kernel<LikeliestShape> = {
  name: 'likeliest-scan',
  wgsl: output + common + scan,
  bindings: ['read', 'read', 'read', 'write'],
  cost: ({ outputs, vocab }) => valuesCost(outputs * vocab, 4 * outputs * vocab),
  constants,
  workgroups: ({ parts, outputs }) => [parts, outputs],
};

/**
 * Reads `outputs`, `wanted`, `scratch`; writes {id, bits of the f32 log-probability under the logits as they came} into
 * `lists` (outputs, MOST_LIKELIEST), the likeliest first, equals by their ids; what is not wanted stays as it was.
 */
export const likeliestPick: Kernel<LikeliestShape> = {
  name: 'likeliest-pick',
  wgsl: output + common + pick,
  bindings: ['read', 'read', 'read', 'write'],
  cost: ({ outputs, parts }) => ({
    bytes: outputs * parts * LIST_BYTES,
    operations: outputs * parts * MOST_LIKELIEST,
  }),
  constants,
  workgroups: ({ outputs }) => [outputs],
};
