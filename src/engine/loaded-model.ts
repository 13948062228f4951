import type { RunningSequence } from '../protocol/engine-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ModelFile } from './model-file.ts';

/** A loaded model, on whatever computes it. */
export interface LoadedModel {
  readonly file: ModelFile;
  readonly contextLength: number;
  readonly memory: { weightsBytes: number; kvBytes: number; activationsBytes: number };
  /** A sentence for the user where it is not computed as they would expect. */
  readonly notice: string | undefined;
  /** What is asked of it now. */
  readonly running: Iterable<{ status(model: string): RunningSequence }>;
  /** Ends everything that is asked of it, or what one origin asks, with `cancelled`; says how many. */
  stop(origin: string | undefined): number;
  /** Frees all memory. Only while nothing is asked of it. */
  dispose(): void | Promise<void>;
}

export const OVERFLOWS = 'Its numbers overflow f16, so it is computed in f32, which is slower.';

export function totalBytes({ memory }: LoadedModel): number {
  return memory.weightsBytes + memory.kvBytes + memory.activationsBytes;
}

export function isIdle({ running }: LoadedModel): boolean {
  return [...running].length === 0;
}

/** What a model can be asked for. */
export type Makes = 'text' | 'vectors';

export function whatItMakes({ config }: ModelFile): Makes {
  return config.pooling ? 'vectors' : 'text';
}

/** Fails with a sentence where the model makes something else. */
export function mustMake(file: ModelFile, wanted: Makes): void {
  if (whatItMakes(file) !== wanted) throw wrongKind(wanted);
}

export function wrongKind(wanted: Makes): HearthError {
  return new HearthError(
    'bad-input',
    wanted === 'text'
      ? 'This model makes embeddings and writes no text. Ask it for embeddings, or choose a model that writes.'
      : 'This model writes text and makes no embeddings. Choose a model whose `embeddings` is true in the list of models.',
  );
}
