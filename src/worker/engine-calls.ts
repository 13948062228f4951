import type { Handlers } from '../channel/serve.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineCalls, EngineStatus } from '../protocol/engine-calls.ts';
import type { ModelLibrary } from '../storage/model-library.ts';
import { DEFAULT_HUB } from '../protocol/hub.ts';
import { searchHub } from '../storage/hub-search.ts';
import { blobSource } from '../storage/model-source.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { TaskHost } from './task-host.ts';
import type { SharedFiles } from '../storage/shared-files.ts';
import { sharedFileCalls } from './shared-file-calls.ts';
import type { WorkerTexts } from './saved-texts.ts';
import type { WasmPorts } from './wasm-ports.ts';
import { trusted } from './trusted.ts';
import { watchStatus } from './watch-status.ts';

/** The engine's calls. The caller is our own offscreen document, which has parsed what strangers sent. */
export function engineCalls(
  engine: Engine,
  opening: Promise<ModelLibrary>,
  sharedFiles: Promise<SharedFiles>,
  wasmPorts: WasmPorts,
  texts: WorkerTexts,
  tasks: Promise<TaskHost>,
): Handlers<EngineCalls> {
  /** The host, if that is where the model belongs. */
  const hostOf = async (model: string | undefined) => {
    const host = await tasks;
    return model !== undefined && host.has(model) ? host : undefined;
  };
  return {
    configure: {
      parse: trusted,
      async run(input) {
        await engine.configure(input);
        await (await opening).configure(input);
        // Not awaited: nobody waits for texts to be looked through
        if (input.savedTextBytes !== undefined) void texts.limit(input.savedTextBytes).catch(() => {});
        return undefined;
      },
    },
    savedTexts: { parse: trusted, run: async () => ({ bytes: await texts.sizeBytes() }) },
    forgetTexts: {
      parse: trusted,
      async run() {
        engine.forgetTexts();
        await texts.forget(undefined);
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
      async run(input, call) {
        const host = await hostOf(input.model);
        return host
          ? host.embed({ ...input, model: input.model! }, call)
          : engine.embed(input, (part) => call.send(part), call.signal);
      },
    },
    openTask: { parse: trusted, run: async (input, call) => (await tasks).openTask(input, call) },
    runTask: { parse: trusted, run: async (input, call) => (await tasks).runTask(input, call) },
    load: {
      parse: trusted,
      run: ({ model }, call) => engine.load(model, (progress) => void call.send(progress).catch(() => {})),
    },
    unload: {
      parse: trusted,
      run: async ({ model }) => void (await ((await hostOf(model))?.tasks ?? engine).unload(model)),
    },
    loadAdapter: {
      parse: trusted,
      run: async (input) => void (await engine.loadAdapter(input, blobSource(input.file))),
    },
    removeAdapter: { parse: trusted, run: async (input) => void (await engine.removeAdapter(input)) },
    stop: {
      parse: trusted,
      run: async ({ origin }) => ({ stopped: engine.stop(origin) + (await tasks).tasks.stop(origin) }),
    },
    models: { parse: trusted, run: async () => [...(await opening).models(), ...(await tasks).models()] },
    summaries: {
      parse: trusted,
      async run({ models }) {
        const host = await tasks;
        const made = await engine.summaries(models.filter((id) => !host.has(id)));
        const all = [...made, ...host.summaries(models.filter((id) => host.has(id)))];
        return models.map((id) => all.find((one) => one.id === id)!);
      },
    },
    watch: {
      parse: trusted,
      async run(_, call) {
        void engine.wake();
        const { tasks: running } = await tasks;
        return watchStatus({ status: () => withTasks(engine.status(), running) }, call);
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
    importFolder: { parse: trusted, run: async (input, call) => (await tasks).importFolder(input, call) },
    remove: {
      parse: trusted,
      async run(input) {
        const host = await hostOf(input.model);
        if (host) return void (await host.remove(input.model));
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

/** What is in memory and under way, wherever it is computed. */
function withTasks(status: EngineStatus, { loaded, running }: Tasks): EngineStatus {
  return { ...status, loaded: [...status.loaded, ...loaded], running: [...status.running, ...running] };
}
