import { HearthError } from '../protocol/errors.ts';
import type { WasmText } from '../protocol/wasm-calls.ts';
import type { Llama } from './start-llama.ts';

/**
 * llama.cpp keeps copies of the KV of old texts, up to 8 GiB, and wllama cannot tell it not to. So it is started
 * anew when those that ended since the last start might take more than this many KV caches.
 */
const MAX_OLD_CACHES = 1;

/** A model in llama.cpp, through the restarts that bound its memory. No text loses by one. */
export class LlamaModel {
  readonly #start: () => Promise<Llama>;
  readonly #positions: number;
  #starting: Promise<Llama> | undefined;
  /** Tokens of each text since the last start. */
  readonly #lengths = new Map<number, number>();

  /** `positions` are those of the KV cache. */
  constructor(start: () => Promise<Llama>, positions: number) {
    this.#start = start;
    this.#positions = positions;
  }

  load(): Promise<Llama> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** The token after each text. */
  async step(texts: readonly WasmText[]): Promise<number[]> {
    for (const { id } of texts) this.#lengths.delete(id);
    const oldTokens = [...this.#lengths.values()].reduce((sum, length) => sum + length, 0);
    if (oldTokens > MAX_OLD_CACHES * this.#positions) await this.#exit();
    for (const { id, tokens } of texts) this.#lengths.set(id, tokens.length);

    const llama = await this.load();
    // llama.cpp looks for the slot whose text has most in common with the new one. The longest first, so that a
    // text that has become the beginning of another does not take the other's slot.
    const byLength = [...texts].sort((a, b) => b.tokens.length - a.tokens.length);
    try {
      const ids = new Map<WasmText, number>();
      for (const batch of batchesOf(byLength, this.#positions)) {
        const next = await Promise.all(batch.map((text) => llama.next(text)));
        for (const [i, text] of batch.entries()) ids.set(text, next[i]!);
      }
      return texts.map((text) => ids.get(text)!);
    } catch (cause) {
      throw new HearthError(
        'internal',
        'The WebAssembly engine broke off in the middle of an answer. Ask again; if it happens again, choose a smaller model.',
        { cause },
      );
    }
  }

  async #exit(): Promise<void> {
    const starting = this.#starting;
    this.#starting = undefined;
    this.#lengths.clear();
    (await starting)?.exit();
  }
}

/**
 * Texts that the cache holds side by side. Our own pages may be shared by texts that begin alike, llama.cpp's are not,
 * so all together may be more than it has room for. Between batches it forgets what it must.
 */
function batchesOf(texts: readonly WasmText[], positions: number): WasmText[][] {
  const batches: WasmText[][] = [];
  let free = 0;
  for (const text of texts) {
    if (text.tokens.length > free) {
      batches.push([]);
      free = positions;
    }
    batches.at(-1)!.push(text);
    free -= text.tokens.length;
  }
  return batches;
}
