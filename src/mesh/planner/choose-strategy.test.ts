import { describe, expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap } from '../../protocol/stage.ts';
import type { Machine } from '../topology/topology.ts';
import { chooseStrategy, wayName } from './choose-strategy.ts';
import { CostLog } from './cost-log.ts';
import { modelCost, spanOf } from './model-cost.ts';
import { isWorthMoving } from './plan-chain.ts';
import { chooseReplica } from './spread-requests.ts';

const self = 'here' as PeerId;
const GB = 1e9;
const piece = (bytes: number) => [{ offset: 0, bytes, sha256: '' }];
/** Eight billion parameters of four bits: 32 layers, of which a machine reads 150 GB in a second. */
const map: ModelMap = {
  model: '08'.repeat(32),
  origin: { manifestBytes: 1, url: '' },
  name: 'eight',
  dim: 4096,
  vocab: 128_000,
  hidden: 'f16',
  header: [],
  common: [],
  embedding: piece(0.3 * GB),
  layers: Array.from({ length: 32 }, () => piece(0.125 * GB)),
  head: piece(0.35 * GB),
  cacheBytesPerPosition: 4_096,
  scratchBytes: 64 * 2 ** 20,
};

function machine(peer: string, gigabytes: number, bytesPerMs = 150e6): Machine {
  return {
    peer: peer as PeerId,
    freeBytes: gigabytes * GB,
    bytesPerMs,
    speeds: [],
    pace: 1,
    queue: 0,
    load: 0,
  };
}

function choose(
  machines: Machine[],
  { log = new CostLog(), streams = 1, hopMs = 1, answerTokens = 200 } = {},
) {
  return chooseStrategy({
    self,
    cost: modelCost(map),
    room: { machines, hopMs: (from, to) => (from === to ? 0 : hopMs) },
    demand: { promptTokens: 500, answerTokens, streams, chunkRows: 128 },
    positions: 4_096,
    drafts: undefined,
    log,
    nameOf: (peer) => peer,
  });
}

describe('one stream', () => {
  test('runs here when it fits, and the reason is a sentence', () => {
    const { way, why } = choose([machine('here', 8), machine('there', 8), machine('yonder', 3)]);
    expect(way).toMatchObject({ kind: 'local', stages: [{ peer: self }] });
    const said = why.match(
      /^Runs on this machine: 29\.0 ms a token, ([\d.]+) s in all\. Split over \d machines it would be slower: ([\d.]+) s\.$/,
    );
    expect(said, why).not.toBeNull();
    expect(Number(said![2])).toBeGreaterThan(Number(said![1]));
  });

  test('goes whole to a machine that is stronger', () => {
    const { way, why } = choose([machine('here', 8, 40e6), machine('strong', 16, 400e6)]);
    expect(way).toMatchObject({ kind: 'peer', stages: [{ peer: 'strong' }] });
    expect(why).toContain('Runs whole on strong');
  });

  test('is split when no machine holds the model, over the fewest that do', () => {
    const { way, why } = choose([machine('here', 3), machine('b', 3), machine('c', 3), machine('d', 1)]);
    expect(way!.kind).toBe('pipeline');
    expect(way!.stages).toHaveLength(2);
    expect(why).toMatch(
      /^Split over 2 machines: .* fits no machine alone: it needs 4\.9 GB, and the most that one can give is 2\.8 GB\.$/,
    );
  });

  test('is refused, with what would be needed, when all together do not', () => {
    const { way, why } = choose([machine('here', 1), machine('b', 2)]);
    expect(way).toBeUndefined();
    expect(why).toBe(
      'The model needs 4.9 GB of memory, and the 2 machines here can give 2.8 GB. Let more machines join, raise their memory caps, or choose a smaller model.',
    );
  });
});

test('a token takes what its bytes take to be read', () => {
  // 32 layers and a head, at 150 GB in a second
  const { way } = choose([machine('here', 8)]);
  expect(way!.tokenMs).toBeCloseTo((32 * 0.125 + 0.35) / 0.15, 1);
});

test('what a way has taken corrects what is said of it next, to within 15 %', () => {
  const log = new CostLog();
  const machines = [machine('here', 8), machine('there', 8, 180e6)];
  const first = choose(machines, { log }).way!;
  expect(first.kind).toBe('peer');
  for (let i = 0; i < 3; i++) log.measured(wayName(first), first.modelMs, 2 * first.modelMs);
  const next = choose(machines, { log });
  // It was twice as slow as was said: now another way is better
  expect(next.way!.kind).not.toBe('peer');
  const corrected = next.ways.find((way) => wayName(way) === wayName(first))!;
  expect(corrected.predictedMs / (2 * first.modelMs)).toBeCloseTo(1, 1);
});

test('a plan that is better by no more than 15 % moves nothing', () => {
  expect(isWorthMoving(100, 87)).toBe(false);
  expect(isWorthMoving(100, 86)).toBe(true);
});

test('requests are spread over replicas as fast as these are', () => {
  const replica = (msAlone: number) => ({
    streams: 0,
    slots: 4,
    predictMs: (streams: number) => msAlone * streams,
    taken: 0,
  });
  const replicas = [replica(10), replica(20), replica(40)];
  for (let i = 0; i < 14; i++) {
    const chosen = chooseReplica(replicas)!;
    chosen.streams++;
    chosen.taken++;
  }
  const [fast, middle, slow] = replicas.map(({ taken }) => taken);
  expect(fast).toBeGreaterThan(middle!);
  expect(middle).toBeGreaterThan(slow!);
  expect(slow).toBeGreaterThan(0);
  expect(chooseReplica([])).toBeUndefined();
});

/**
 * A head whose vocabulary would be cut over machines: the last machine sends its state on, each computes the ids that are
 * its own, and parts of some hundred bytes come back. Why no plan has one: the head is read in less time than
 * the hop takes, unless it is large, the machine slow, and the next one near.
 */
test.each([
  {
    what: 'a small model on a laptop in a network of a house',
    headBytes: 0.15 * GB,
    bytesPerMs: 50e6,
    rttMs: 4,
    pays: false,
  },
  { what: 'a large vocabulary on a fast GPU', headBytes: 0.6 * GB, bytesPerMs: 400e6, rttMs: 2, pays: false },
  {
    what: 'a large vocabulary on a laptop in a network of a house',
    headBytes: 0.6 * GB,
    bytesPerMs: 50e6,
    rttMs: 4,
    pays: true,
  },
  { what: 'the same by a radio that is slow', headBytes: 0.6 * GB, bytesPerMs: 50e6, rttMs: 12, pays: false },
])('a head that is cut in two, of $what', ({ headBytes, bytesPerMs, rttMs, pays }) => {
  const cost = modelCost({ ...map, head: piece(headBytes) });
  const on = machine('here', 8, bytesPerMs);
  const withHead = cost.stageMs(on, spanOf(31, 32, 32), 1);
  const without = cost.stageMs(on, { ...spanOf(31, 32, 32), samples: false }, 1);
  const headMs = withHead - without;
  const cutMs = headMs / 2 + rttMs + cost.hopBytes(1) / 30_000;
  expect(cutMs < headMs).toBe(pays);
});
