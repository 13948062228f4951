// What stands in for the engine worker in a build with `--mode fake-engine`.
import { serve } from '../../src/channel/serve.ts';
import { workerScopeWire } from '../../src/channel/worker.ts';
import { systemClock } from '../../src/engine/clock.ts';
import type { EngineCalls } from '../../src/protocol/engine-calls.ts';
import { MeshHost } from '../../src/worker/mesh.ts';
import { serveMesh } from '../../src/worker/serve-mesh.ts';
import { fakeEngine } from './engine.ts';

/** Long enough that a test can do something to the stream between two tokens. */
const TOKEN_MS = 20;

serveMesh(
  new MeshHost({
    clock: systemClock,
    pieces: { onMessage() {}, onChunk() {}, onPeerGone() {} },
    ledger: { read: async () => undefined, write: async () => {} },
    onEnter() {},
    engine: {
      random: Math.random,
      describe: () => ({
        gpu: 'fake adapter',
        freeBytes: 2 ** 30,
        bytesPerMs: 1_000_000,
        speeds: [],
        load: 0,
        pieces: [],
      }),
      isOwnerBusy: () => false,
      openStage: () => Promise.reject(new Error('A fake engine has no stages.')),
      onWork: () => {},
    },
  }),
);
serve<EngineCalls>(
  workerScopeWire(self as never),
  fakeEngine(() => new Promise((resolve) => setTimeout(resolve, TOKEN_MS))),
);
