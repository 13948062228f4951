// The engine worker's composition root: the engine above, the models on disk below, the GPU and WebAssembly beside.
import { serve } from '../channel/serve.ts';
import { type WorkerScope, workerScopeWire } from '../channel/worker.ts';
import { systemClock } from '../engine/clock.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { openWasm } from '../wasm/open-wasm.ts';
import { engineCalls } from './engine-calls.ts';
import { openLibrary } from './library.ts';
import { describeMachine, MeshHost } from './mesh.ts';
import { RoomModels } from './room-models.ts';
import { savedTexts } from './saved-texts.ts';
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
  savedTexts: savedTexts(),
  verdicts: keptVerdicts(() => openOpfsDirectory('adapters'), navigator.userAgent),
  openWasm: openWasm({ newPort: () => wasmPorts.open(), clock: systemClock }),
  placeStages: (model, file) => roomModels.placeStages(model, file),
});
const opening = openLibrary(engine);
const roomModels: RoomModels = new RoomModels({
  engine,
  clock: systemClock,
  byHash: async () => (await opening).byHash(),
  open: async (model) => (await opening).open(model),
  node: () => mesh.node,
  sharedBytes: () => mesh.sharedBytes,
  onDecision: (model, why) => mesh.tell({ kind: 'decision', model, why }),
});
const mesh = new MeshHost({
  clock: systemClock,
  engine: {
    random: Math.random,
    describe: () => describeMachine(engine.status(), engine.stageBytes),
    isOwnerBusy: () => engine.status().running.length > 0,
    openStage: (order, asker, onProgress) =>
      roomModels.openStage(order, asker === mesh.node?.self, onProgress),
    onWork: () => {},
  },
});

serveMesh(mesh);
serve<EngineCalls>(workerScopeWire(self as unknown as WorkerScope), engineCalls(engine, opening, wasmPorts));
