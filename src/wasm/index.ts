// A WebAssembly frame: a page in the manifest's sandbox, with an origin that nobody else has, no extension APIs and no
// network. The offscreen document makes one for each model, sends it a port, and removes it when it is done.
import { messagePortWire } from '../channel/message-port.ts';
import { serve } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import { WASM_DONE, type WasmCalls } from '../protocol/wasm-calls.ts';
import { LlamaModel } from './llama-model.ts';
import { startLlama } from './start-llama.ts';

// wllama asks for a module worker, and Chromium starts none from a blob where the origin is opaque. Its code is a
// classic script as well.
globalThis.Worker = class extends Worker {
  constructor(url: string | URL) {
    super(url);
  }
};

addEventListener('message', ({ source, data, ports: [port] }: MessageEvent<{ wasm: Blob }>) => {
  if (source === parent && port) serveModel(port, URL.createObjectURL(data.wasm));
});

function serveModel(port: MessagePort, wasmUrl: string): void {
  let model: LlamaModel | undefined;
  serve<WasmCalls>(messagePortWire(port), {
    load: {
      parse: trusted,
      async run(input) {
        model = new LlamaModel(() => startLlama(wasmUrl, input), input.positions);
        await model.load();
        return undefined;
      },
    },
    step: {
      parse: trusted,
      run(texts) {
        if (!model) throw new HearthError('bad-input', 'This frame has no model yet: load one first.');
        return model.step(texts);
      },
    },
    ping: { parse: trusted, run: () => undefined },
    unload: {
      parse: trusted,
      run() {
        // The frame goes, and with it llama.cpp's worker
        parent.postMessage(WASM_DONE, '*');
        return undefined;
      },
    },
  });
}

/** The caller is our own engine. */
function trusted<Input>(input: unknown): Input {
  return input as Input;
}
