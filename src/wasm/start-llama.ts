import { type RawCompletionParams, Wllama } from '@wllama/wllama/esm/index.js';
import { HearthError } from '../protocol/errors.ts';
import type { WasmModel, WasmText } from '../protocol/wasm-calls.ts';
import { completionOf } from './completion.ts';
import { idOfText } from './token-names.ts';

/** Rows that are computed together; llama.cpp's buffers grow with them. */
const BATCH = 64;

/** A model loaded in llama.cpp. After an error it is of no more use. */
export interface Llama {
  /** The token after a text. What is asked in one turn is computed as one batch. */
  next(text: WasmText): Promise<number>;
  exit(): void;
}

/** Loads a model on one thread of WebAssembly, in a worker of its own. */
export async function startLlama(wasmUrl: string, { file, positions, slots, kv }: WasmModel): Promise<Llama> {
  const llama = new Wllama({ default: wasmUrl }, { suppressNativeLog: true });
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
  } catch (cause) {
    void llama.exit();
    throw new HearthError(
      'unsupported-model',
      'The WebAssembly engine could not load this model: the browser gave it too little memory, or llama.cpp does not know something in it. Choose a smaller model or another quantisation.',
      { cause },
    );
  }

  return {
    async next(text) {
      // wllama hands it to the server as it is; its types know only some of the server's words
      const completion = completionOf(text) as object as RawCompletionParams & { stream?: false };
      const { choices } = await llama.createCompletion(completion);
      const id = idOfText(choices[0]?.text ?? '');
      if (id === undefined)
        throw new Error(`llama.cpp gave ${JSON.stringify(choices[0])} where a token was expected.`);
      return id;
    },
    exit: () => void llama.exit(),
  };
}
