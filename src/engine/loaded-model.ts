import type { RunningSequence } from '../protocol/engine-calls.ts';
import type { ModelFile } from './model-file.ts';

/** A loaded model, on whatever computes it. */
export interface LoadedModel {
  readonly file: ModelFile;
  readonly contextLength: number;
  readonly memory: { weightsBytes: number; kvBytes: number; activationsBytes: number };
  /** What is asked of it now. */
  readonly running: Iterable<{ status(model: string): RunningSequence }>;
  /** Ends everything that is asked of it, or what one origin asks, with `cancelled`; says how many. */
  stop(origin: string | undefined): number;
  /** Frees all memory. Only while nothing is asked of it. */
  dispose(): void | Promise<void>;
}

export function totalBytes({ memory }: LoadedModel): number {
  return memory.weightsBytes + memory.kvBytes + memory.activationsBytes;
}

export function isIdle({ running }: LoadedModel): boolean {
  return [...running].length === 0;
}
