import type { GenerateOutput, GeneratePart } from '../protocol/generate.ts';
import type { Answer, RunRequest } from './answer.ts';
import type { ModelFile } from './model-file.ts';

/** A loaded model that makes answers, on whatever computes it. */
export interface TextModel {
  readonly file: ModelFile;
  readonly contextLength: number;
  readonly memory: { weightsBytes: number; kvBytes: number; activationsBytes: number };
  /** The answers being made. */
  readonly answers: Iterable<Answer>;
  /** Resolves when the reader has the whole answer; rejects with `cancelled` once the signal aborts. */
  run(
    request: RunRequest,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RunOutput>;
  /** Ends every answer, or those of one origin, with `cancelled`; says how many. */
  stop(origin: string | undefined): number;
  /** Frees all memory. Only while no answer is being made. */
  dispose(): void | Promise<void>;
}

export type RunOutput = Omit<GenerateOutput, 'model'>;

export function totalBytes({ memory }: TextModel): number {
  return memory.weightsBytes + memory.kvBytes + memory.activationsBytes;
}

export function isIdle({ answers }: TextModel): boolean {
  return [...answers].length === 0;
}
