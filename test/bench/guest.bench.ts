// How much slower an owner's page is answered while this machine computes for another: the engine's answers and a guest's
// stage on one device, by the same gate as in a room, turn by turn without the guest and with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'vitest';
import { out } from '../../src/build/run.mjs';
import { randomModel } from '../../src/cli/random-model.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Governor } from '../../src/engine/schedule/governor.ts';
import { median } from '../../src/engine/gpu/median.ts';
import { readModelFile } from '../../src/engine/model-file.ts';
import { mapModel } from '../../src/engine/stages/model-map.ts';
import { StagedModel } from '../../src/engine/stages/staged-model.ts';
import { MeshNode } from '../../src/mesh/mesh-node.ts';
import { GREEDY } from '../../src/protocol/generate.ts';
import type { PeerId } from '../../src/protocol/peer-id.ts';
import { seeded } from '../fakes/lossy-channels.ts';
import { memoryLinks } from '../fakes/memory-links.ts';
import { openInstance } from '../gpu.ts';
import { simTerms } from '../mesh/sim/terms.ts';

const ROUNDS = Number(process.env.HEARTH_ROUNDS ?? 15);
const TOKENS = 64;
const MEMORY = 2 ** 30;
const bytes = randomModel('tiny', 'Q8_0');
const source = {
  size: bytes.length,
  read: async (at: number, length: number) => bytes.slice(at, at + length),
};
const file = await readModelFile(source);
const [owner, guest] = ['a', 'b'].map((letter) => `${letter.repeat(42)}A` as PeerId) as [PeerId, PeerId];
const never = new AbortController().signal;

const engine = new Engine({
  gpu: openInstance(),
  clock: systemClock,
  open: async (name) => ({ source, name }),
});
let guestSteps = 0;

function machine(self: PeerId, freeBytes: number): MeshNode {
  return new MeshNode({
    self,
    incarnation: 1,
    clock: systemClock,
    random: seeded(5),
    bans: [],
    describe: () => ({
      name: self[0]!,
      gpu: '',
      freeBytes,
      bytesPerMs: 1e4,
      speeds: [],
      load: 0,
      pieces: [],
    }),
    caps: () => ({ isSharing: true, gpuShare: 1, memoryBytes: MEMORY }),
    isOwnerBusy: () => engine.status().running.length > 0,
    openStage: (order) => engine.openStage(file, source, order, MEMORY),
    onWork: () => void guestSteps++,
    onTaken() {},
    priority: () => 0,
    onEvent() {},
    onBans() {},
    onMessage() {},
    onChunk() {},
  });
}

/** The guest has no memory of its own: its model stands here. */
async function borrow(): Promise<{ model: StagedModel; end(): void }> {
  const nodes = [machine(owner, MEMORY), machine(guest, 0)] as const;
  const links = memoryLinks(owner, guest);
  nodes[0].addLink(links[0], simTerms(owner, guest, 'link', systemClock));
  nodes[1].addLink(links[1], simTerms(guest, owner, 'link', systemClock));
  for (const node of nodes) node.start();
  const map = mapModel(file, {
    model: 'ab'.repeat(32),
    origin: { manifestBytes: 1, url: '' },
    partBytes: [source.size],
    hashOf: () => '00'.repeat(32),
  });
  const model = await StagedModel.load({
    file,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { slots: 2, maxRows: 16, contextLength: 1024 },
    place(sizes) {
      const sharded = nodes[1].openModel({
        map,
        sizes,
        demand: () => ({ promptTokens: 8, answerTokens: TOKENS, streams: 1, chunkRows: 16 }),
        drafts: () => undefined,
        prefers: undefined,
        onDrafts() {},
        reference: async () => Promise.reject(new Error('There is no memory to check anybody by.')),
        onDecision() {},
        onFailure: (why) => console.log(why),
        onLap() {},
      });
      return {
        open: () => sharded.open(),
        close: () => nodes[1].closeModel(sharded),
        places: [],
        isGone: false,
      };
    },
  });
  return {
    model,
    end() {
      model.dispose();
      for (const node of nodes) node.stop();
    },
  };
}

async function ownersTokenMs(): Promise<number> {
  const { timings, usage } = await engine.generate(
    {
      model: 'own',
      prompt: { kind: 'ids', ids: [1, 2, 3] },
      maxTokens: TOKENS,
      sampling: GREEDY,
      stop: [],
      origin: 'https://a.example',
      lane: 'interactive',
    },
    async () => {},
    never,
  );
  return timings.decodeMs / (usage.completionTokens - 1);
}

/** Asks for one answer after the other until it is told to end. */
function keepAsking(model: StagedModel): () => Promise<void> {
  const leave = new AbortController();
  const asking = (async () => {
    while (!leave.signal.aborted)
      await model.run(
        {
          ids: [1, 2, 3],
          maxTokens: 900,
          sampling: GREEDY,
          stop: [],
          origin: guest,
          lane: 'interactive',
          ignoreEnd: true,
        },
        async () => {},
        leave.signal,
      );
  })().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error;
  });
  return () => {
    leave.abort();
    return asking;
  };
}

test('an owner’s answers beside a guest’s work', async () => {
  await engine.configure({ caps: { gpuPercent: 100, memoryBytes: MEMORY }, defaultModel: 'own' });
  await ownersTokenMs();
  const { model, end } = await borrow();
  const alone: number[] = [];
  const beside: number[] = [];
  let guestStepsBeside = 0;
  const measureAlone = async () => void alone.push(await ownersTokenMs());
  const measureBeside = async () => {
    const stop = keepAsking(model);
    const before = guestSteps;
    beside.push(await ownersTokenMs());
    guestStepsBeside += guestSteps - before;
    await stop();
  };
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often: what else this machine does may grow or wane
    const [first, second] = round % 2 === 0 ? [measureAlone, measureBeside] : [measureBeside, measureAlone];
    await first();
    await second();
  }
  end();
  // Of neighbours in time, and with how far these lie apart: what else the machine does is in both
  const slowdowns = beside.map((ms, i) => ms / alone[i]! - 1);
  const figures = {
    rounds: ROUNDS,
    aloneMs: median(alone),
    besideMs: median(beside),
    slowdown: median(slowdowns),
    slowdowns: slowdowns.toSorted((a, b) => a - b).map((value) => Math.round(value * 100) / 100),
    ownerTokens: ROUNDS * TOKENS,
    guestSteps: guestStepsBeside,
  };
  mkdirSync(resolve(out, 'bench'), { recursive: true });
  writeFileSync(resolve(out, 'bench/guest.json'), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(figures);
});
