// The engine worker's composition root: the engine above, the models on disk below, the GPU and WebAssembly beside.
import { serve } from '../channel/serve.ts';
import { type WorkerScope, workerScopeWire } from '../channel/worker.ts';
import { systemClock } from '../engine/clock.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { openWasm } from '../wasm/open-wasm.ts';
import { engineCalls } from './engine-calls.ts';
import { openLibrary } from './library.ts';
import { describeMachine, MeshHost } from './mesh.ts';
import { serveMesh } from './serve-mesh.ts';
import { keptVerdicts } from './verdicts.ts';
import { WasmPorts } from './wasm-ports.ts';

const wasmPorts = new WasmPorts();
const engine = new Engine({
  gpu: navigator.gpu,
  clock: systemClock,
  async open(id) {
    const library = await opening;
    return { source: await library.open(id), name: library.info(id).name };
  },
  verdicts: keptVerdicts(() => openOpfsDirectory('adapters'), navigator.userAgent),
  openWasm: openWasm({ newPort: () => wasmPorts.open(), clock: systemClock }),
});
const opening = openLibrary(engine);

serveMesh(
  new MeshHost({
    clock: systemClock,
    engine: {
      random: Math.random,
      describe: () => describeMachine(engine.status()),
      isOwnerBusy: () => engine.status().running.length > 0,
      openStage: () =>
        Promise.reject(
          new HearthError('unsupported-model', 'This machine cannot run stages for others yet.'),
        ),
      onWork: () => {},
    },
  }),
);
serve<EngineCalls>(workerScopeWire(self as unknown as WorkerScope), engineCalls(engine, opening, wasmPorts));
