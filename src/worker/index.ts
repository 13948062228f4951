// The engine worker's composition root: the engine above, the models on disk below, the GPU and WebAssembly beside.
import { serve } from '../channel/serve.ts';
import { type WorkerScope, workerScopeWire } from '../channel/worker.ts';
import { systemClock } from '../engine/clock.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import { DiskRoom } from '../storage/disk-room.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { SharedFiles } from '../storage/shared-files.ts';
import { PieceStore } from '../storage/piece-store.ts';
import { openWasm } from '../wasm/open-wasm.ts';
import { engineCalls } from './engine-calls.ts';
import { openLibrary } from './library.ts';
import { hubPieces, isPublisher } from './hub.ts';
import { keptLedger } from './kept-ledger.ts';
import { keptManifests } from './kept-manifests.ts';
import { describeMachine, MeshHost } from './mesh.ts';
import { RoomFiles } from './room-files.ts';
import { RoomModels } from './room-models.ts';
import { savedTexts } from './saved-texts.ts';
import { serveMesh } from './serve-mesh.ts';
import { TaskHost } from './task-host.ts';
import { keptVerdicts } from './verdicts.ts';
import { WasmPorts } from './wasm-ports.ts';

const wasmPorts = new WasmPorts();
const texts = savedTexts(() => openOpfsDirectory('texts'));
const engine = new Engine({
  gpu: navigator.gpu,
  clock: systemClock,
  async open(id) {
    const library = await opening;
    return { source: await library.open(id), name: library.info(id).name };
  },
  savedTexts: texts,
  verdicts: keptVerdicts(() => openOpfsDirectory('adapters'), navigator.userAgent),
  openWasm: openWasm({ newPort: () => wasmPorts.open(), clock: systemClock }),
  placeStages: (model, file) => roomModels.placeStages(model, file),
  elsewhere: (...request) => roomModels.elsewhere(...request),
  onAnswered: (...answer) => void roomModels.onAnswered(...answer).catch(console.error),
});
const room = new DiskRoom();
const sharedFiles = openSharedFiles(room);
// The limit on the disk holds only once it knows of both
const opening = sharedFiles.then(() => openLibrary(engine, room));
const open = async (model: string) => (await opening).open(model);
const files = new RoomFiles({
  clock: systemClock,
  own: async () => (await opening).own(),
  open,
  manifests: keptManifests(() => openOpfsDirectory('manifests')),
  openFetched: async () => PieceStore.open(await openOpfsDirectory('pieces'), () => 2 * mesh.sharedBytes),
});
const roomModels: RoomModels = new RoomModels({
  engine,
  clock: systemClock,
  random: Math.random,
  files,
  hub: hubPieces({ fetch: fetch.bind(globalThis), isHub: isPublisher }),
  open,
  node: () => mesh.node,
  sharedBytes: () => mesh.sharedBytes,
  onDecision: (decision) => mesh.tell({ kind: 'decision', ...decision }),
});
const mesh = new MeshHost({
  clock: systemClock,
  pieces: roomModels.pieces,
  ledger: keptLedger(() => openOpfsDirectory('mesh')),
  onEnter: () => void roomModels.entered().catch(console.error),
  engine: {
    random: Math.random,
    describe: () => describeMachine(engine.status(), engine.stageBytes, roomModels),
    isOwnerBusy: () => engine.status().running.length > 0,
    openStage: (...stage) => roomModels.openStage(...stage),
    onWork: () => {},
  },
});

serveMesh(mesh);
serve<EngineCalls>(
  workerScopeWire(self as unknown as WorkerScope),
  engineCalls(engine, opening, sharedFiles, wasmPorts, texts, TaskHost.open(engine)),
);

async function openSharedFiles(room: DiskRoom): Promise<SharedFiles> {
  return SharedFiles.open({
    directory: await openOpfsDirectory('shared'),
    room,
    now: Date.now,
    newId: () => crypto.randomUUID(),
  });
}
