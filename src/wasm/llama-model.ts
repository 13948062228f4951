import { type RawCompletionParams, Wllama } from '@wllama/wllama/esm/index.js';
import { HearthError } from '../protocol/errors.ts';
import type { WasmModel, WasmText } from '../protocol/wasm-calls.ts';
import { completionOf } from './completion.ts';
import { idOfText } from './token-names.ts';

/** Rows that are computed together; llama.cpp's buffers grow with them. */
const BATCH = 64;
/**
 * llama.cpp keeps copies of the KV of old texts, up to 8 GiB, and wllama cannot tell it not to. So the model is
 * loaded anew when all texts since the last time might take more than this many KV caches.
 */
const MAX_CACHES = 1.5;

/** A model in llama.cpp, on one thread of WebAssembly. One that broke is loaded again by the next step. */
export class LlamaModel {
  readonly #wasmUrl: string;
  readonly #model: WasmModel;
  #loading: Promise<Wllama> | undefined;
  /** Tokens of each text since the model was loaded. */
  readonly #lengths = new Map<number, number>();

  static async load(wasmUrl: string, model: WasmModel): Promise<LlamaModel> {
    const loaded = new LlamaModel(wasmUrl, model);
    await loaded.#loaded();
    return loaded;
  }

  private constructor(wasmUrl: string, model: WasmModel) {
    this.#wasmUrl = wasmUrl;
    this.#model = model;
  }

  /** The token after each text. */
  async step(texts: readonly WasmText[]): Promise<number[]> {
    const total = [...this.#lengths.values()].reduce((sum, length) => sum + length, 0);
    if (total > MAX_CACHES * this.#model.positions) this.dispose();
    for (const { id, tokens } of texts) this.#lengths.set(id, tokens.length);

    const llama = await this.#loaded();
    // llama.cpp looks for the slot whose text has most in common with the new one. The longest first, so that a
    // text that has become the beginning of another does not take the other's slot.
    const byLength = [...texts].sort((a, b) => b.tokens.length - a.tokens.length);
    try {
      // All are posted before the first result is asked for: they are computed as one batch
      const ids = new Map(
        await Promise.all(byLength.map(async (text) => [text, await next(llama, text)] as const)),
      );
      return texts.map((text) => ids.get(text)!);
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
    this.#lengths.clear();
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
        // Slots share the cache, however it is divided among them, and keep what they have computed
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
      this.#loading = undefined;
      void llama.exit();
      throw new HearthError(
        'unsupported-model',
        'The WebAssembly engine could not load this model: the browser gave it too little memory, or llama.cpp does not know something in it. Choose a smaller model or another quantisation.',
        { cause },
      );
    }
  }
}

async function next(llama: Wllama, text: WasmText): Promise<number> {
  // wllama hands it to the server as it is; its types know only some of the server's words
  const completion = completionOf(text) as object as RawCompletionParams & { stream?: false };
  const { choices } = await llama.createCompletion(completion);
  const id = idOfText(choices[0]?.text ?? '');
  if (id === undefined)
    throw new Error(`llama.cpp gave ${JSON.stringify(choices[0])} where a token was expected.`);
  return id;
}
