import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { WASM_DONE, WASM_PATH } from '../protocol/wasm-calls.ts';

/** The pages that compute on WebAssembly, one for each model, made when a port asks for one: with a GPU, never. */
export class WasmFrames {
  readonly #frames = new Set<HTMLIFrameElement>();

  constructor() {
    addEventListener('message', ({ source, data }) => {
      if (data !== WASM_DONE) return;
      for (const frame of this.#frames) if (frame.contentWindow === source) this.#remove(frame);
    });
  }

  /** Puts a new frame on the port's other end. */
  async take(port: MessagePort): Promise<void> {
    const frame = document.createElement('iframe');
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    frame.src = `/${WASM_PATH}`;
    this.#frames.add(frame);
    document.body.append(frame);
    try {
      const bytes = await (await fetch(wasmUrl)).arrayBuffer();
      await loaded;
      const wasm = new Blob([bytes], { type: 'application/wasm' });
      // A sandboxed page's origin is opaque, so it cannot be named; the frame is our own
      frame.contentWindow?.postMessage({ wasm }, '*', [port]);
    } catch (error) {
      this.#remove(frame);
      throw error;
    }
  }

  /** Whoever held their ports has gone. */
  removeAll(): void {
    for (const frame of this.#frames) this.#remove(frame);
  }

  #remove(frame: HTMLIFrameElement): void {
    this.#frames.delete(frame);
    frame.remove();
  }
}
