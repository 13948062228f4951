// The WebAssembly frame: a page in the manifest's sandbox, with an origin that nobody else has, no extension APIs and
// no network. It lives in the offscreen document, which sends it ports: each is a model.
import { messagePortWire } from '../channel/message-port.ts';
import { serve } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import type { WasmCalls } from '../protocol/wasm-calls.ts';
import { LlamaModel } from './llama-model.ts';
import { portGone } from './port-gone.ts';
import { startLlama } from './start-llama.ts';

// wllama asks for a module worker, and Chromium starts none from a blob where the origin is opaque. Its code is a
// classic script as well.
globalThis.Worker = class extends Worker {
  constructor(url: string | URL) {
    super(url);
  }
};

let wasmUrl: string | undefined;

addEventListener('message', ({ source, data, ports: [port] }: MessageEvent<{ wasm: Blob }>) => {
  if (source !== parent || !port) return;
  wasmUrl ??= URL.createObjectURL(data.wasm);
  serveModel(port, wasmUrl);
});

function serveModel(port: MessagePort, wasmUrl: string): void {
  let model: LlamaModel | undefined;
  const wire = messagePortWire(port, portGone(port));
  serve<WasmCalls>(wire, {
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
        if (!model) throw new HearthError('bad-input', 'This port has no model yet: load one first.');
        return model.step(texts);
      },
    },
  });
  void wire.closed.then(() => model?.exit());
}

/** The caller is our own engine. */
function trusted<Input>(input: unknown): Input {
  return input as Input;
}
