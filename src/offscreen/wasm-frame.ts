import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { WASM_PATH } from '../protocol/wasm-calls.ts';

/** The page that computes on WebAssembly, made when the first port asks for it: on a machine with a GPU, never. */
export class WasmFrame {
  #opening: Promise<{ frame: HTMLIFrameElement; wasm: Blob }> | undefined;

  /** Puts the frame on the port's other end; closes the port if that fails. */
  async take(port: MessagePort): Promise<void> {
    this.#opening ??= open();
    try {
      const { frame, wasm } = await this.#opening;
      // A sandboxed page's origin is opaque, so it cannot be named; the frame is our own
      frame.contentWindow!.postMessage({ wasm }, '*', [port]);
    } catch (error) {
      this.#opening = undefined;
      port.close();
      throw error;
    }
  }
}

async function open() {
  const frame = document.createElement('iframe');
  const isLoaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  frame.src = `/${WASM_PATH}`;
  document.body.append(frame);
  const response = await fetch(wasmUrl);
  await isLoaded;
  return { frame, wasm: new Blob([await response.arrayBuffer()], { type: 'application/wasm' }) };
}
