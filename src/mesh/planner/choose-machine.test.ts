import { expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap } from '../../protocol/stage.ts';
import type { Machine } from '../topology/topology.ts';
import { chooseMachine } from './choose-machine.ts';

const GB = 1e9;
const [self, strong] = ['here', 'strong'] as [PeerId, PeerId];
const piece = (bytes: number) => [{ offset: 0, bytes, sha256: '' }];
/** Three billion parameters of four bits. */
const map: ModelMap = {
  model: '03'.repeat(32),
  origin: { manifestBytes: 1, url: '' },
  name: 'three',
  dim: 3072,
  vocab: 128_000,
  hidden: 'f16',
  header: [],
  common: [],
  embedding: piece(0.2 * GB),
  layers: Array.from({ length: 28 }, () => piece(0.06 * GB)),
  head: piece(0.3 * GB),
  cacheBytesPerPosition: 4_096,
  scratchBytes: 64 * 2 ** 20,
};
const machine = (peer: PeerId, bytesPerMs: number, changes: Partial<Machine> = {}): Machine => ({
  peer,
  freeBytes: 8 * GB,
  bytesPerMs,
  speeds: [],
  pace: 1,
  queue: 0,
  load: 0,
  ...changes,
});

function choose(machines: Machine[], { rttMs = 2, running = 0, runningThere = 0, maxTokens = 4_096 } = {}) {
  return chooseMachine({
    self,
    room: { machines, hopMs: (from, to) => (from === to ? 0 : rttMs / 2) },
    map,
    positions: 4_096,
    request: { promptTokens: 200, maxTokens, running, runningAt: () => runningThere },
    nameOf: () => 'Study',
  });
}

const WEAK = machine(self, 20e6);
const STRONG = machine(strong, 400e6);

test('a weak machine hands a whole request to a strong neighbour, and says what it would take itself', () => {
  const { peer, why } = choose([WEAK, STRONG]);
  expect(peer).toBe(strong);
  expect(why).toMatch(
    /^Runs whole on Study: [\d.]+ ms a token, [\d.]+ s in all\. On this machine it would take [\d.]+ s\./,
  );
});

test('a strong machine keeps it, and says why nothing is split', () => {
  const { peer, why } = choose([machine(self, 400e6), machine(strong, 400e6)]);
  expect(peer).toBe(self);
  expect(why).toMatch(/^Runs on this machine: .* Split over 2 machines a token would take [\d.]+ ms\.$/);
});

test.each([
  ['is hardly stronger', [machine(self, 400e6), machine(strong, 420e6)], {}],
  ['is far away', [machine(self, 100e6), STRONG], { rttMs: 200 }],
  ['has not the memory', [WEAK, machine(strong, 400e6, { freeBytes: GB })], {}],
  ['is at work itself', [machine(self, 100e6), machine(strong, 400e6, { load: 0.9 })], {}],
  ['cannot be reached', [WEAK, STRONG], { rttMs: Number.POSITIVE_INFINITY }],
])('a neighbour that %s gets nothing', (_, machines, more) => {
  expect(choose(machines, more).peer).toBe(self);
});

test('of many requests at once some go to the neighbour, and it is not given more than it makes at once', () => {
  const equals = [machine(self, 100e6), machine(strong, 100e6)];
  const there: number[] = [];
  let [running, runningThere] = [0, 0];
  for (let i = 0; i < 20; i++)
    if (choose(equals, { running, runningThere }).peer === self) running++;
    else {
      there.push(i);
      runningThere++;
    }
  expect(there.length).toBeGreaterThan(0);
  expect(runningThere).toBeLessThanOrEqual(6);
  expect(running).toBeGreaterThan(runningThere);
});
