// Machines of a room compute a real model together on the real engine; one of them cheats, and is found.
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { Governor } from '../../src/engine/schedule/governor.ts';
import { readModelFile } from '../../src/engine/model-file.ts';
import { GpuStage, planStageOn } from '../../src/engine/stages/gpu-stage.ts';
import { mapModel } from '../../src/engine/stages/model-map.ts';
import { StagedModel } from '../../src/engine/stages/staged-model.ts';
import { MeshNode } from '../../src/mesh/mesh-node.ts';
import { modelCost, spanOf } from '../../src/mesh/planner/model-cost.ts';
import { withCheckedSlot } from '../../src/mesh/trust/spot-check.ts';
import { GREEDY } from '../../src/protocol/generate.ts';
import type { PeerId } from '../../src/protocol/peer-id.ts';
import type { Stage, StageOrder, StageOutput, StageSizes } from '../../src/protocol/stage.ts';
import { memoryLinks } from '../fakes/memory-links.ts';
import { seeded } from '../fakes/lossy-channels.ts';
import { openGpu } from '../gpu.ts';
import { simTerms } from '../mesh/sim/terms.ts';
import { convert, toFile } from './architectures/convert.ts';
import { readFixture } from './architectures/fixture.ts';
import { loadSource, run } from './engine.ts';

const gpu = await openGpu({ features: { dp4a: false } });
const { weights, tokens, cases } = readFixture('llama');
const source = toFile(convert('llama', weights, cases[0]!.config));
const file = await readModelFile(source);
const SIZES = { slots: 2, maxRows: 16, contextLength: file.config.contextLength };
const TOKENS = 70;
const prompt = tokens.slice(0, 8);
const peers = ['a', 'b', 'c'].map((letter) => `${letter.repeat(42)}A` as PeerId) as [PeerId, PeerId, PeerId];

/** What it gives is off by a tenth: too little to be seen by who reads the answer. `halves` are f16. */
function slightlyOff(output: StageOutput): StageOutput {
  if (output.kind !== 'hidden') throw new Error('It is the last stage.');
  const halves = new Uint16Array(output.hidden.slice().buffer).map((bits) => bits ^ 0x80);
  return { ...output, hidden: new Uint8Array(halves.buffer) };
}

class Machine {
  readonly node: MeshNode;
  isLying = false;
  /** Milliseconds that stages and references have computed. */
  busyMs = 0;
  checkMs = 0;

  constructor(
    readonly peer: PeerId,
    freeBytes: () => number,
  ) {
    this.node = new MeshNode({
      self: peer,
      incarnation: 1,
      clock: systemClock,
      random: seeded(5),
      bans: [],
      describe: () => ({
        name: peer[0]!,
        gpu: 'none',
        freeBytes: freeBytes(),
        bytesPerMs: 1e4,
        speeds: [],
        load: 0,
        pieces: [],
      }),
      caps: () => ({ isSharing: true, gpuShare: 1, memoryBytes: 1e12 }),
      isOwnerBusy: () => false,
      openStage: (order) => this.open(order, 'busyMs'),
      onWork() {},
      onTaken() {},
      priority: () => 0,
      onEvent() {},
      onBans() {},
      onMessage() {},
      onChunk() {},
    });
  }

  async open(order: StageOrder, sum: 'busyMs' | 'checkMs'): Promise<Stage> {
    const stage = await GpuStage.load(gpu, source, planStageOn(gpu, file, order));
    return {
      run: async (input) => {
        const output = await stage.run(input);
        this[sum] += output.busyMs;
        return this.isLying && sum === 'busyMs' ? slightlyOff(output) : output;
      },
      forget: () => stage.forget(),
      destroy: () => stage.destroy(),
    };
  }
}

const map = mapModel(file, {
  model: 'ab'.repeat(32),
  origin: { manifestBytes: 1, url: '' },
  partBytes: [source.size],
  hashOf: () => '00'.repeat(32),
});

/** Who asks has the last layer; the others could each have those before. */
async function room() {
  let sizes: StageSizes | undefined;
  const fits = (first: number, end: number) => {
    if (!sizes) return 0;
    const { pageCounts, pageSize } = withCheckedSlot(sizes);
    return modelCost(map).memory(spanOf(first, end, map.layers.length), Math.max(...pageCounts) * pageSize);
  };
  const last = map.layers.length - 1;
  const machines = peers.map(
    (peer, i) => new Machine(peer, () => (i === 0 ? fits(last, last + 1) : fits(0, last))),
  ) as [Machine, Machine, Machine];
  for (const { node } of machines) node.start();
  for (const [i, a] of machines.entries())
    for (const b of machines.slice(i + 1)) {
      const [there, back] = memoryLinks(a.peer, b.peer);
      const link = `${a.peer} ${b.peer}`;
      a.node.addLink(there, simTerms(a.peer, b.peer, link, systemClock));
      b.node.addLink(back, simTerms(b.peer, a.peer, link, systemClock));
    }
  const [{ node }] = machines;
  const decisions: string[] = [];
  const staged = await StagedModel.load({
    file,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: SIZES,
    place(wanted) {
      sizes = wanted;
      const model = node.openModel({
        map,
        sizes,
        demand: () => ({ promptTokens: 8, answerTokens: TOKENS, streams: 1, chunkRows: 16 }),
        drafts: () => undefined,
        prefers: undefined,
        onDrafts() {},
        reference: (order) => machines[0].open(order, 'checkMs'),
        onDecision: ({ why }) => decisions.push(why),
        onFailure: (why) => decisions.push(why),
        onLap() {},
      });
      return { open: () => model.open(), close: () => node.closeModel(model), places: [], isGone: false };
    },
  });
  const answer = async (onToken: (count: number) => void) => {
    const ids: number[] = [];
    await staged.run(
      {
        ids: prompt,
        maxTokens: TOKENS,
        sampling: GREEDY,
        stop: [],
        origin: 'page',
        lane: 'interactive',
        ignoreEnd: true,
      },
      async (part) => {
        ids.push(...part.ids);
        onToken(ids.length);
      },
      new AbortController().signal,
    );
    return ids;
  };
  const end = () => {
    staged.dispose();
    for (const { node } of machines) node.stop();
  };
  return { machines, answer, decisions, end };
}

describe('a room on the real engine', () => {
  const whole = loadSource(source, SIZES, { open: async () => gpu });
  afterAll(async () => (await whole).dispose());
  const alone = async () => (await run(await whole, { ids: prompt, maxTokens: TOKENS, ignoreEnd: true })).ids;

  test('checks its machines for less than three percent, and accuses nobody who is honest', async () => {
    const { machines, answer, end, decisions } = await room();
    expect(await answer(() => {}), decisions.join('\n')).toEqual(await alone());
    expect(machines[0].node.bans.all).toEqual([]);
    const allMs = machines.reduce((sum, { busyMs }) => sum + busyMs, 0);
    expect(machines[0].checkMs).toBeGreaterThan(0);
    expect(machines[0].checkMs / allMs).toBeLessThan(0.03);
    end();
  });

  test('finds one that begins to compute something else, and goes on with another', async () => {
    const { machines, answer, end, decisions } = await room();
    const [asker, ...others] = machines;
    const began = 5;
    let liar: Machine | undefined;
    let foundAt: number | undefined;
    const ids = await answer((count) => {
      if (count >= began && !liar) {
        liar = others.find(({ node }) => node.host.coordinators.length > 0)!;
        liar.isLying = true;
      }
      if (asker.node.bans.all.length > 0) foundAt ??= count;
    });
    const told = decisions.join('\n');
    expect(asker.node.bans.all, told).toEqual([
      { peer: liar!.peer, why: 'what it computed is not what its layers give' },
    ]);
    expect(foundAt! - began, told).toBeLessThanOrEqual(32);
    expect(ids.slice(0, began)).toEqual((await alone()).slice(0, began));
    expect(ids).toHaveLength(TOKENS);
    end();
  });
});
