import type { SamplingOptions } from './generate.ts';

export const WASM_PATH = 'src/wasm/index.html';

/** What the engine worker calls on the WebAssembly frame, over a port of its own for each model. */
export interface WasmCalls {
  /** First, and once. The model is gone when the port is closed. */
  load: { input: WasmModel; part: never; output: undefined };
  /**
   * The token that comes after `ids`, which is all the text so far. What a slot computed last is kept, so only
   * the tokens that differ from it cost anything.
   */
  next: { input: WasmStep; part: never; output: { id: number } };
}

export interface WasmModel {
  /** A GGUF file whose vocabulary is `src/wasm/token-names.ts`. */
  file: Blob;
  /** Of the whole KV cache, which the slots share. */
  positions: number;
  slots: number;
  kv: 'f32' | 'f16';
}

export interface WasmStep {
  slot: number;
  ids: Uint32Array;
  /** The first of `ids` that belong to the prompt. */
  promptLength: number;
  sampling: SamplingOptions;
}
