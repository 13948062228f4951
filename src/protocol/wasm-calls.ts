import type { SamplingOptions } from './generate.ts';

export const WASM_PATH = 'src/wasm/index.html';
/** What a frame says to the document around it when it wants to be removed. */
export const WASM_DONE = 'hearth-wasm-done';

/** What the engine worker calls on a WebAssembly frame. Each model has a frame of its own. */
export interface WasmCalls {
  /** First, and once. */
  load: { input: WasmModel; part: never; output: undefined };
  /** For each text the token that comes after it. What was computed before is kept: only what is new costs time. */
  step: { input: WasmText[]; part: never; output: number[] };
  /** A sign of life, also while a step is computed. */
  ping: { input: undefined; part: never; output: undefined };
  /** Last: the frame goes, and all its memory. */
  unload: { input: undefined; part: never; output: undefined };
}

export interface WasmModel {
  /** A GGUF file whose vocabulary is that of `src/wasm/token-names.ts`. */
  file: Blob;
  /** Of the KV cache, which all texts share. */
  positions: number;
  /** Texts that a step may have. */
  slots: number;
  kv: 'f32' | 'f16';
}

/** All of a text so far. */
export interface WasmText {
  /** The same for as long as the text only grows. */
  id: number;
  tokens: Uint32Array;
  /** The first of `tokens` that belong to the prompt. */
  promptLength: number;
  sampling: SamplingOptions;
}
