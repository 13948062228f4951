import type { Handlers } from '../channel/serve.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { ModelLibrary } from '../storage/model-library.ts';
import { DEFAULT_HUB } from '../protocol/hub.ts';
import { searchHub } from '../storage/hub-search.ts';
import { blobSource } from '../storage/model-source.ts';
import type { SharedFiles } from '../storage/shared-files.ts';
import { sharedFileCalls } from './shared-file-calls.ts';
import type { WasmPorts } from './wasm-ports.ts';
import { trusted } from './trusted.ts';
import { watchStatus } from './watch-status.ts';

/** The engine's calls. The caller is our own offscreen document, which has parsed what strangers sent. */
export function engineCalls(
  engine: Engine,
  opening: Promise<ModelLibrary>,
  sharedFiles: () => Promise<SharedFiles>,
  wasmPorts: WasmPorts,
): Handlers<EngineCalls> {
  return {
    configure: {
      parse: trusted,
      async run(input) {
        await engine.configure(input);
        await (await opening).configure(input);
        return undefined;
      },
    },
    generate: {
      parse: trusted,
      run: (input, call) => engine.generate(input, (part) => call.send(part), call.signal),
    },
    count: { parse: trusted, run: (input, call) => engine.count(input, call.signal) },
    embed: {
      parse: trusted,
      run: (input, call) => engine.embed(input, (part) => call.send(part), call.signal),
    },
    load: {
      parse: trusted,
      run: ({ model }, call) => engine.load(model, (progress) => void call.send(progress).catch(() => {})),
    },
    unload: { parse: trusted, run: async ({ model }) => void (await engine.unload(model)) },
    loadAdapter: {
      parse: trusted,
      run: async (input) => void (await engine.loadAdapter(input, blobSource(input.file))),
    },
    removeAdapter: { parse: trusted, run: async (input) => void (await engine.removeAdapter(input)) },
    stop: { parse: trusted, run: ({ origin }) => ({ stopped: engine.stop(origin) }) },
    models: { parse: trusted, run: async () => (await opening).models() },
    summaries: { parse: trusted, run: ({ models }) => engine.summaries(models) },
    watch: {
      parse: trusted,
      run(_, call) {
        void engine.wake();
        return watchStatus(engine, call);
      },
    },
    performance: { parse: trusted, run: () => engine.performance() },
    profile: {
      parse: trusted,
      run: (input, call) => engine.profile(input, (progress) => call.send(progress), call.signal),
    },
    download: { parse: trusted, run: async (input, call) => (await opening).download(input, call) },
    importFile: {
      parse: trusted,
      run: async (input, call) => (await opening).importFile(input, call),
    },
    remove: {
      parse: trusted,
      async run(input) {
        await engine.unload(input.model);
        return (await opening).remove(input);
      },
    },
    searchHub: {
      parse: trusted,
      run: ({ access, ...search }, { signal }) =>
        searchHub(search, access ?? { origin: DEFAULT_HUB, authorization: undefined }, {
          fetch: fetch.bind(globalThis),
          signal,
        }),
    },
    pin: { parse: trusted, run: async (input) => void (await (await opening).pin(input)) },
    modelFile: { parse: trusted, run: async ({ model }) => (await opening).file(model) },
    ...sharedFileCalls(sharedFiles, opening),
    wasmPorts: { parse: trusted, run: (_, call) => wasmPorts.serve(call) },
  };
}
