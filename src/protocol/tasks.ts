import type { Backend, DownloadProgress } from './models.ts';

/** The weights' number formats, by Transformers.js's names: each is a file of its own. */
export const DTYPES = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type Dtype = (typeof DTYPES)[number];

/** A model for a task: what `hearth.pipeline` names. */
export interface TaskModel {
  /** A name of the table of tasks, no alias. */
  task: string;
  /** `owner/name` on the hub, or the id of a dropped folder. */
  model: string;
  /** The smallest common one that the model has, if absent. */
  dtype: Dtype | undefined;
  /** Whichever is found faster, if absent. */
  device: Backend | undefined;
}

/** What a task is given, parsed: each of `inputs` is one text, image or whatever the task is about. */
export interface TaskArgs {
  inputs: unknown[];
  /** Whether the caller passed a list: then a list comes back. */
  isList: boolean;
  /** What Transformers.js takes between inputs and options: labels, say. */
  rest: unknown[];
  options: Record<string, unknown>;
}

export type TaskProgress =
  | ({ kind: 'download' } & DownloadProgress)
  | { kind: 'load'; model: string; backend: Backend };

/** Values of a tensor, row by row. Those of 64-bit integers are BigInts. */
export interface PlainTensor {
  type: string;
  dims: number[];
  data: ArrayLike<number> | ArrayLike<bigint>;
}

/** Pixels, row by row, `channels` bytes each. */
export interface PlainImage {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  data: Uint8Array | Uint8ClampedArray;
}
