import type { TaskArgs } from '../protocol/tasks.ts';
import type { Library } from './library.ts';
import type { Session } from './ort-sessions.ts';

/** One of the things that `hearth.pipeline` does. */
export interface Task {
  /** As Transformers.js calls it. */
  readonly name: string;
  /** The model where a page names none. */
  readonly model: string;
  /** Makes new arguments of what a page passed, or throws `bad-input`. Loads nothing: it runs outside the worker. */
  parse(args: unknown[]): TaskArgs;
  /** The library's task whose files are wanted, where it is not the one of the same name; all there are if `null`. */
  readonly filesOf?: string | null;
  /** Computed on WebAssembly alone, where the runtime gives other answers on the device. */
  readonly onlyWasm?: boolean;
  /** By default: Transformers.js's pipeline of the same name. */
  load?(library: Library, options: LoadOptions): Promise<LoadedPipeline>;
  /** By default: `pipeline(inputs, ...rest, options)`. What it returns is made plain before it leaves the worker. */
  run?(pipeline: LoadedPipeline, args: TaskArgs, call: TaskCall): Promise<unknown>;
  /** What only a document can do with the arguments: it is done before they go to the worker. */
  prepare?(args: TaskArgs): Promise<TaskArgs>;
  /** For what is too long for one turn: puts the answer together from many. */
  inTurns?(args: TaskArgs, turns: Turns): Promise<unknown>;
  /** How requests of several pages become one and its answer becomes theirs. Absent where that gains nothing. */
  readonly together?: Together;
}

/** A call that waits for its turn many times; others come between. */
export interface Turns {
  /** Has the task's `run` do one part. What it sends while it is measured is kept back. */
  ask(args: TaskArgs, send?: (part: unknown) => void): Promise<unknown>;
  /** What is known before the end. */
  send(part: unknown): void;
}

export interface TaskCall {
  library: Library;
  signal: AbortSignal;
  /** What is known before the end. */
  send(part: unknown): void;
}

export interface LoadOptions {
  /** The name by which the library asks for this bundle's files. */
  name: string;
  dtype: string;
  /** Handed through to each session (`ort-sessions.ts`). */
  session_options: object;
  /** One of the bundle's JSON files; undefined if it has none of that name. */
  readJson(path: string): Promise<Record<string, unknown> | undefined>;
  /** A session of one of the bundle's ONNX files. */
  openSession(path: string): Promise<Session>;
  /** Paths of the bundle's files. */
  paths: string[];
}

/** What Transformers.js calls a pipeline, in what is common to all of them. */
export interface LoadedPipeline {
  (...args: unknown[]): Promise<unknown>;
  dispose(): Promise<void>;
  /** Those that the library makes have these. */
  readonly tokenizer?: unknown;
  readonly processor?: unknown;
  readonly model?: unknown;
}

export interface Together {
  /** Requests may be one if the keys are equal; undefined for what has to go alone. */
  key(args: TaskArgs): string | undefined;
  /** The answers to so many inputs each, in order. */
  split(answer: unknown, counts: number[]): unknown[];
}
