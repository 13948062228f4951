import { type RawCompletionParams, Wllama } from '@wllama/wllama/esm/index.js';
import { HearthError } from '../protocol/errors.ts';
import type { WasmModel, WasmStep } from '../protocol/wasm-calls.ts';
import { completionOf } from './completion.ts';
import { idOfText } from './token-names.ts';

/** Rows of a prompt that are computed together; llama.cpp's buffers grow with them. */
const BATCH = 64;

/** A model in llama.cpp, on one thread of WebAssembly. One that broke is loaded again by the next call. */
export class LlamaModel {
  readonly #wasmUrl: string;
  readonly #model: WasmModel;
  #loading: Promise<Wllama> | undefined;

  static async load(wasmUrl: string, model: WasmModel): Promise<LlamaModel> {
    const loaded = new LlamaModel(wasmUrl, model);
    await loaded.#loaded();
    return loaded;
  }

  private constructor(wasmUrl: string, model: WasmModel) {
    this.#wasmUrl = wasmUrl;
    this.#model = model;
  }

  async next(step: WasmStep): Promise<number> {
    const llama = await this.#loaded();
    try {
      // wllama hands it to the server as it is; its types know only some of the server's words
      const completion = completionOf(step) as object as RawCompletionParams & { stream?: false };
      const { choices } = await llama.createCompletion(completion);
      const id = idOfText(choices[0]?.text ?? '');
      if (id !== undefined) return id;
      throw new Error(`llama.cpp gave ${JSON.stringify(choices[0])} where a token was expected.`);
    } catch (cause) {
      this.dispose();
      throw new HearthError(
        'internal',
        'The WebAssembly engine broke off in the middle of an answer. Ask again; if it happens again, choose a smaller model.',
        { cause },
      );
    }
  }

  dispose(): void {
    void this.#loading?.then((llama) => llama.exit()).catch(() => {});
    this.#loading = undefined;
  }

  #loaded(): Promise<Wllama> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Wllama> {
    const { file, positions, slots, kv } = this.#model;
    const llama = new Wllama({ default: this.#wasmUrl }, { suppressNativeLog: true });
    // Nothing is fetched from anywhere, not even for browsers that lack what this build needs
    llama.setCompat(null);
    try {
      await llama.loadModel([file], {
        n_threads: 1,
        n_gpu_layers: 0,
        n_ctx: positions,
        n_parallel: slots,
        // Slots share the cache and keep what they have computed, however it is divided among them
        kv_unified: true,
        cache_idle_slots: false,
        ctx_shift: false,
        cache_type_k: kv,
        cache_type_v: kv,
        n_batch: BATCH,
        n_ubatch: BATCH,
        warmup: false,
      });
      return llama;
    } catch (cause) {
      this.dispose();
      void llama.exit();
      throw new HearthError(
        'unsupported-model',
        `The WebAssembly engine could not load this model: ${cause instanceof Error ? cause.message : String(cause)}. Choose a smaller model or another quantisation.`,
        { cause },
      );
    }
  }
}
