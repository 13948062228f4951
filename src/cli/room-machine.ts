import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { systemClock } from '../engine/clock.ts';
import { Engine } from '../engine/engine.ts';
import { parseRoomCode } from '../mesh/identity/room.ts';
import type { Stay } from '../offscreen/mesh/stay.ts';
import { HearthError } from '../protocol/errors.ts';
import type { MeshDecision } from '../protocol/mesh-calls.ts';
import { MAX_MACHINE_NAME_CHARS } from '../protocol/settings.ts';
import { hubPieces, isPublisher } from '../worker/hub.ts';
import { describeMachine, MeshHost } from '../worker/mesh.ts';
import { RoomFiles } from '../worker/room-files.ts';
import { RoomModels } from '../worker/room-models.ts';
import { openFile } from './file-source.ts';
import type { Flags } from './flags.ts';
import { openInstance } from './gpu.ts';
import { MemoryPieces } from './memory-pieces.ts';
import { stayInRoom } from './room-peer.ts';

/** Flags of every command that takes part in a room. */
export const ROOM_FLAGS = [
  'room',
  'server',
  'model',
  'name',
  'memory-mb',
  'gpu-percent',
  'adapter',
  'vulkan-icd',
] as const;

export interface RoomMachine {
  engine: Engine;
  stay: Stay;
  decisions: MeshDecision[];
}

/** This machine in a room, without a browser; `onServed` is called for each step that it has computed for another. */
export async function enterRoom(
  flags: Flags,
  isSharing: boolean,
  onServed: () => void,
): Promise<RoomMachine> {
  const secret = await parseRoomCode(flags.required('room'));
  if (!secret)
    throw new HearthError(
      'bad-input',
      '--room is no code of a room. It has twenty letters and digits, as a machine of the room shows it.',
    );
  const path = flags.string('model');
  const own = path === undefined ? [] : [{ id: path, sha256: await sha256Of(path), url: '' }];
  const memoryBytes = flags.integer('memory-mb', 4_096, { min: 16 }) * 2 ** 20;
  const gpuPercent = flags.integer('gpu-percent', 100, { min: 5, max: 100 });
  const decisions: MeshDecision[] = [];

  const engine: Engine = new Engine({
    gpu: openInstance(flags),
    clock: systemClock,
    open: async (id) => ({ source: await openFile(id), name: id }),
    placeStages: (model, file) => roomModels.placeStages(model, file),
    elsewhere: (...request) => roomModels.elsewhere(...request),
    onAnswered: (...answer) => void roomModels.onAnswered(...answer).catch(console.error),
  });
  await engine.configure({ caps: { gpuPercent, memoryBytes }, defaultModel: path ?? '' });
  await engine.wake();
  const files = new RoomFiles({
    clock: systemClock,
    own: async () => own,
    open: openFile,
    manifests: { get: async () => undefined, set: async () => {} },
    openFetched: async () => new MemoryPieces(),
  });
  const roomModels: RoomModels = new RoomModels({
    engine,
    clock: systemClock,
    random: Math.random,
    files,
    hub: hubPieces({ fetch, isHub: isPublisher }),
    open: openFile,
    node: () => host.node,
    sharedBytes: () => memoryBytes,
    onDecision: (decision) => void decisions.push(decision),
  });
  const host = new MeshHost({
    clock: systemClock,
    pieces: roomModels.pieces,
    // Its identity is gone with the process, and so are its accounts
    ledger: { read: async () => undefined, write: async () => {} },
    onEnter: () => void roomModels.entered().catch(console.error),
    engine: {
      random: Math.random,
      describe: () => describeMachine(engine.status(), engine.stageBytes, roomModels),
      isOwnerBusy: () => false,
      openStage: (...stage) => roomModels.openStage(...stage),
      onWork: onServed,
    },
  });
  let seen = '';
  const stay = await stayInRoom({
    host,
    clock: systemClock,
    secret,
    name: (flags.string('name') ?? hostname()).slice(0, MAX_MACHINE_NAME_CHARS),
    signalling: { kind: 'server', address: flags.required('server') },
    share: { isOn: isSharing, gpuPercent, memoryBytes },
    onChange({ machines, server }) {
      const now = [server?.problem, ...machines.map(({ name }) => name)].filter(Boolean).join(', ');
      if (now !== seen) process.stderr.write(`in the room: ${now || 'nobody else'}\n`);
      seen = now;
    },
  });
  return { engine, stay, decisions };
}

/** Goodbyes go out first. */
export function leaveRoom({ stay }: RoomMachine): void {
  stay.end();
  setTimeout(() => process.exit(), 500).unref();
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
