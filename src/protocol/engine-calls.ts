import type { EmbedInput, EmbedOutput, EmbedProgress } from './embed.ts';
import type { GenerateInput, GenerateOutput, GeneratePart, Lane, Prompt } from './generate.ts';
import type { Backend, DownloadProgress, LoadProgress, ModelInfo, ModelSummary } from './models.ts';
import type { PerformanceFacts, Profile, ProfileInput, ProfileProgress } from './performance.ts';
import type { HubAccess, HubRepository, HubSearch } from './hub.ts';
import type { Caps } from './settings.ts';
import type { TaskArgs, TaskModel, TaskProgress } from './tasks.ts';
import type { FromOrigin, SharedFileCalls, SharedFileKeeping } from './shared-files.ts';

/** What the offscreen document calls on the engine worker. */
export interface EngineCalls extends FromOrigin<SharedFileCalls>, SharedFileKeeping {
  /** Caps and the default model; may be called while sequences run. */
  configure: {
    input: { caps: Caps; defaultModel: string; diskBytes?: number; savedTextBytes?: number };
    part: never;
    output: undefined;
  };
  /** Bytes on disk of what the cache held of texts. */
  savedTexts: { input: undefined; part: never; output: { bytes: number } };
  /** Forgets what all sites have said: what is saved, and what lies in the caches. Answers under way go on. */
  forgetTexts: { input: undefined; part: never; output: undefined };
  generate: {
    /**
     * `isPrivate`: what is said stays apart from all else that is said under the same origin. `mayLeave`: other
     * machines of the room may compute it.
     */
    input: GenerateInput & { origin: string; lane: Lane; isPrivate?: boolean; mayLeave?: boolean };
    part: GeneratePart;
    output: GenerateOutput;
  };
  /** The tokens that a prompt has, however long it is; of texts, what they have with nothing around them. */
  count: {
    input: { model: string; prompt: Prompt | { kind: 'texts'; texts: string[] } };
    part: never;
    output: { tokens: number };
  };
  /** As `generate`, of texts of which vectors are wanted. */
  embed: {
    input: EmbedInput & { origin: string; lane: Lane; isPrivate?: boolean };
    part: EmbedProgress;
    output: EmbedOutput;
  };
  /** Downloads a task's model if need be, and loads it, so that the first call does not wait. */
  openTask: {
    input: TaskModel & { origin: string };
    part: TaskProgress;
    output: { backend: Backend };
  };
  /** What the task makes of `args`, as plain values. Parts are what is known of it before the end. */
  runTask: { input: TaskModel & { args: TaskArgs; origin: string }; part: unknown; output: unknown };
  /** Loads if need be, so that the first prompt does not wait. */
  load: { input: { model: string }; part: LoadProgress; output: ModelSummary };
  unload: { input: { model: string }; part: never; output: undefined };
  /**
   * A LoRA adapter's file, loaded beside a model in the place of the one with its name: `scale` of it is added to all
   * that the model is asked for, until it is removed or the model unloaded.
   */
  loadAdapter: {
    input: { model: string; adapter: string; file: Blob; scale: number };
    part: never;
    output: undefined;
  };
  removeAdapter: { input: { model: string; adapter: string }; part: never; output: undefined };
  /** Ends every sequence, or those of one origin: their callers get `cancelled`. */
  stop: { input: { origin: string | undefined }; part: never; output: { stopped: number } };
  models: { input: undefined; part: never; output: ModelInfo[] };
  summaries: { input: { models: string[] }; part: never; output: ModelSummary[] };
  /** A status now and then one for each change, at most four a second. Ends only by cancelling. */
  watch: { input: undefined; part: EngineStatus; output: undefined };
  performance: { input: undefined; part: never; output: PerformanceFacts };
  /**
   * Times a step of a model, which is loaded if need be. One at a time; it waits for whatever else is asked, and what is
   * asked meanwhile waits for one kernel's run at most. Fails with `not-supported` where no kernel's time can be known.
   */
  profile: { input: ProfileInput; part: ProfileProgress; output: Profile };
  /** Cancelling pauses: what has come stays and a later call goes on from there. */
  download: { input: DownloadRequest & { access?: HubAccess }; part: DownloadProgress; output: ModelInfo };
  /**
   * A file that the user dropped. It is checked before it is kept. A model in several files is one blob of all of them
   * in their order, with `partSizes` to tell them apart.
   */
  importFile: {
    input: { file: Blob; name: string; partSizes?: number[] | undefined };
    part: DownloadProgress;
    output: ModelInfo;
  };
  /** A folder that the user dropped, with a model in several files (ONNX, configurations, tokenizer). */
  importFolder: {
    input: { name: string; files: { path: string; file: Blob }[] };
    part: DownloadProgress;
    output: ModelInfo;
  };
  remove: { input: { model: string }; part: never; output: undefined };
  searchHub: { input: HubSearch & { access?: HubAccess }; part: never; output: HubRepository[] };
  /** A pinned model never goes to make room for others. */
  pin: { input: { model: string; isPinned: boolean }; part: never; output: undefined };
  /** The model's file, to be kept elsewhere too. Fails with `not-found`. */
  modelFile: { input: { model: string }; part: never; output: Blob };
  /** Ports that want a WebAssembly frame on their other end: a worker cannot make one. Ends only by cancelling. */
  wasmPorts: { input: undefined; part: MessagePort; output: undefined };
}

export type DownloadRequest =
  | { kind: 'catalog'; model: string }
  | { kind: 'url'; url: string; sha256: string | undefined; isGated?: boolean | undefined };

export interface EngineStatus {
  state: 'starting' | 'ready' | 'recovering';
  backend: Backend;
  /** The GPU's name, or the reason there is none. */
  adapter: string;
  /** A sentence for the user when something is not as they would expect (slow adapter, fallback, loss). */
  notice: string | undefined;
  memoryBytes: number;
  caps: Caps;
  loaded: LoadedModel[];
  running: RunningSequence[];
  /** All sequences together, over the last second. */
  tokensPerSecond: number;
}

export interface LoadedModel {
  id: string;
  name: string;
  weightsBytes: number;
  kvBytes: number;
  activationsBytes: number;
  /** Names of the adapters that are loaded beside it. */
  adapters?: string[];
}

export interface RunningSequence {
  id: number;
  origin: string;
  model: string;
  phase: 'waiting' | 'prefill' | 'decode' | 'paused';
  promptTokens: number;
  completionTokens: number;
  tokensPerSecond: number;
}
