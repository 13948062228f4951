import type { Handlers } from '../../src/channel/serve.ts';
import { HearthError } from '../../src/protocol/errors.ts';
import type { WasmCalls, WasmModel, WasmText } from '../../src/protocol/wasm-calls.ts';

/** A small working WebAssembly frame without a model: the next token is whatever `next` says of a text. */
export function fakeLlama(
  next: (text: WasmText) => number,
  pause: (texts: WasmText[]) => Promise<void> = async () => {},
): Handlers<WasmCalls> {
  let model: WasmModel | undefined;
  return {
    load: {
      parse: (input) => input as WasmModel,
      run(input) {
        model = input;
        return undefined;
      },
    },
    step: {
      parse: (input) => input as WasmText[],
      async run(texts) {
        if (!model || texts.length > model.slots)
          throw new HearthError('bad-input', 'Nothing is loaded for so many texts.');
        const tokens = texts.reduce((sum, text) => sum + text.tokens.length, 0);
        if (tokens > model.positions) throw new HearthError('out-of-memory', 'The cache is full.');
        await pause(texts);
        return texts.map(next);
      },
    },
    ping: { parse: () => undefined, run: () => undefined },
    unload: { parse: () => undefined, run: () => undefined },
  };
}
