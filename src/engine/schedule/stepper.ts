import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { ModelFile } from '../model-file.ts';
import type { Plan } from '../plan/plan.ts';
import type { StepPlan } from './schedule.ts';
import type { Sequence } from './sequence.ts';
import type { SampledToken } from '../text/stream.ts';

/** What every step gives. */
export interface Timed {
  /** The computing unit's time, in milliseconds. */
  busyMs: number;
}

/** Numbers overflowed in f16: what a step gave is not to be used, and a stepper that computes in f32 could take over. */
export class Overflow extends HearthError {
  constructor() {
    super('internal', 'The model’s numbers overflow f16. Compute it in f32.');
  }
}

export interface StepResult extends Timed {
  /** The sampled token of each output; then, of each of those under a mask in their order, what it would be without. */
  ids: Uint32Array;
  /** Of each, the natural logarithm of its probability, where the stepper sees logits; NaN where one of those is not finite. */
  logprobs?: Float32Array;
  /** Of each output, where a sequence asks for them: the likeliest tokens, as many as it asks for or more. */
  likeliest?: readonly (readonly SampledToken[])[] | undefined;
}

/** What computes a model's steps: a GPU, or the processor where there is none (any more). */
export interface Stepper<Result extends Timed = StepResult> {
  /** Steps that may be under way at once. */
  readonly depth: number;
  /** Steps of one sequence among them: 1 where its next token has to come back before it can go on. */
  readonly ahead: number;
  /** Whether a sequence may have several rows with outputs in one step, whose tokens are guesses; no if absent. */
  readonly takesGuesses?: boolean;
  /** Whether pages keep their contents, and may be held by several sequences, until they are written to. */
  readonly keepsPages: boolean;
  /** The page of the KV cache that holds a slot's positions from `index · pageSize` on, in blocks of a group of the plan. */
  setPage(slot: number, index: number, page: number, group: number): void;
  /** Until what was given to `run` last is under way: no step may be asked for before. At once if absent. */
  readonly submitted?: Promise<void> | undefined;
  /** A sequence has taken its slot. */
  setSampler(sequence: Sequence): void;
  /** Fails with `device-lost` or `Overflow` if a new stepper could take over. */
  run(plan: StepPlan): Promise<Result>;
  destroy(): void;
}

/** Starts a model on WebAssembly. The source stays open for as long as the stepper lives. */
export type OpenWasm = (file: ModelFile, source: ByteSource, plan: Plan) => Promise<Stepper>;
