import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { StageOrder, StageStep } from '../../protocol/stage.ts';
import { encodeActivation, type IdsFrame, parseActivation } from '../messages/activation.ts';
import { parseControl } from '../messages/control.ts';
import type { Culprit } from './late-steps.ts';
import { Pipeline } from './pipeline.ts';

const id = (letter: string) => `${letter.repeat(42)}A` as PeerId;
const [self, b, c] = [id('a'), id('b'), id('c')];
const order: StageOrder = {
  model: '01'.repeat(32),
  span: { first: 0, end: 1, embeds: true, samples: false },
  sizes: { slots: 2, maxRows: 8, contextLength: 64, pageSize: 16, pageCounts: [8] },
  hidden: 'f16',
  dim: 4,
};
const step: StageStep = {
  lane: 'interactive',
  pages: [],
  samplers: [],
  rows: [
    { token: 1, position: 0, slot: 0, isOutput: false },
    { token: 2, position: 1, slot: 0, isOutput: true },
  ],
};

/** A chain of b and c, which answer as the test says. */
async function chain() {
  const clock = new ManualClock();
  const sent: { peer: PeerId; lane: string; message: Record<string, unknown> }[] = [];
  const failures: { why: string; culprit: Culprit }[] = [];
  const pipeline = new Pipeline({
    self,
    clock,
    chain: 7,
    epoch: 3,
    vocab: 100,
    origin: { manifestBytes: 1, url: '' },
    stages: [b, c].map((peer) => ({ peer, order })),
    send: (peer, lane, frame) => {
      const message = lane === 'control' ? parseControl(frame) : parseActivation(frame);
      sent.push({ peer, lane, message: { ...message } });
    },
    expectedMs: () => 10,
    onLap: () => {},
    onFailure: (why, culprit) => failures.push({ why, culprit }),
  });
  const opened = pipeline.open();
  for (const peer of [b, c]) pipeline.onAnswer(peer, { kind: 'ready', chain: 7, epoch: 3 });
  await opened;
  const frame = (changes: Partial<IdsFrame>): IdsFrame => ({
    kind: 'ids',
    chain: 7,
    epoch: 3,
    step: 0,
    coordinator: self,
    spentUs: [1_000, 2_000],
    ids: Uint32Array.of(5),
    ...changes,
  });
  const ids = (peer: PeerId, changes: Partial<IdsFrame> = {}) =>
    pipeline.onIds(peer, parseActivation(encodeActivation(frame(changes))) as IdsFrame);
  const probed = () => sent.filter(({ message }) => message.kind === 'probe').map(({ peer }) => peer);
  const progress = (peer: PeerId, received: number, done: number) =>
    pipeline.onAnswer(peer, { kind: 'progress', chain: 7, epoch: 3, received, done });
  return { clock, sent, failures, pipeline, ids, probed, progress };
}

/** What becomes of a promise, as far as is known by now. */
async function fate(promise: Promise<unknown>): Promise<string> {
  let said = 'waits';
  promise.then(
    () => (said = 'done'),
    (error: { code: string }) => (said = error.code),
  );
  await new Promise(setImmediate);
  return said;
}

test('steps go to the first stage, and ids come back from the last, in their order', async () => {
  const { pipeline, ids, sent } = await chain();
  const results = [pipeline.run(step), pipeline.run(step)];
  expect(sent.filter(({ lane }) => lane === 'activation').map(({ peer }) => peer)).toEqual([b, b]);
  ids(c, { step: 1, ids: Uint32Array.of(9) });
  expect(await fate(results[1]!)).toBe('waits');
  ids(c, { step: 0 });
  expect((await results[0])!.ids).toEqual(Uint32Array.of(5));
  expect(await results[1]).toEqual({ ids: Uint32Array.of(9), busyMs: 2 });
});

describe('nothing comes of a result', () => {
  test.each([
    ['of an epoch that is over', c, { epoch: 2 }],
    ['of an epoch that has not begun', c, { epoch: 4 }],
  ])('%s', async (_, peer, changes) => {
    const { pipeline, ids, failures } = await chain();
    const result = pipeline.run(step);
    ids(peer, changes);
    expect(await fate(result)).toBe('waits');
    expect(failures).toEqual([]);
  });

  test('that comes again', async () => {
    const { pipeline, ids, failures } = await chain();
    const first = pipeline.run(step);
    ids(c);
    await first;
    const second = pipeline.run(step);
    ids(c);
    expect(await fate(second)).toBe('waits');
    expect(failures).toEqual([]);
  });
});

test.each<[string, PeerId, Partial<IdsFrame>]>([
  ['from a machine that is not the last', b, {}],
  ['of a step that was never taken', c, { step: 9 }],
  ['with too many ids', c, { ids: Uint32Array.of(1, 2) }],
  ['with none', c, { ids: new Uint32Array() }],
  ['with an id that is no token', c, { ids: Uint32Array.of(100) }],
  ['without what each stage took', c, { spentUs: [] }],
])('a result %s ends the epoch, and its sender is named', async (_, peer, changes) => {
  const { pipeline, ids, failures } = await chain();
  const result = pipeline.run(step);
  ids(peer, changes);
  expect(await fate(result)).toBe('device-lost');
  expect(failures).toMatchObject([{ culprit: { peer } }]);
  expect(await fate(pipeline.run(step))).toBe('device-lost');
});

describe('a step that is late', () => {
  async function late(answers: [PeerId, number, number][]) {
    const room = await chain();
    const result = room.pipeline.run(step);
    room.clock.go(450);
    expect(room.probed()).toEqual([b, c]);
    for (const [peer, received, done] of answers) room.progress(peer, received, done);
    room.clock.go(300);
    return { ...room, result };
  }

  test.each<[string, [PeerId, number, number][], Culprit]>([
    ['the first machine, which says nothing', [[c, 0, 0]], { peer: b }],
    ['the second machine, which says nothing', [[b, 1, 1]], { peer: c }],
    [
      'the way to the first',
      [
        [b, 0, 0],
        [c, 0, 0],
      ],
      { peer: self, to: b },
    ],
    [
      'the way between them',
      [
        [b, 1, 1],
        [c, 0, 0],
      ],
      { peer: b, to: c },
    ],
    [
      'the way back',
      [
        [b, 1, 1],
        [c, 1, 1],
      ],
      { peer: c, to: self },
    ],
  ])('is put down to %s', async (_, answers, culprit) => {
    const { failures, result } = await late(answers);
    expect(await fate(result)).toBe('device-lost');
    expect(failures).toMatchObject([{ culprit }]);
  });

  /** Both machines answer every time, and the first does not get on; when that is put down to it. */
  async function stuck({ earlierSteps }: { earlierSteps: number }): Promise<number> {
    const { pipeline, clock, ids, failures, progress } = await chain();
    for (let number = 0; number < earlierSteps; number++) {
      const done = pipeline.run(step);
      ids(c, { step: number });
      await done;
    }
    const startedAt = clock.now();
    const result = pipeline.run(step);
    clock.go(450);
    while (failures.length === 0 && clock.now() < startedAt + 10_000) {
      progress(b, earlierSteps + 1, earlierSteps);
      progress(c, earlierSteps, earlierSteps);
      clock.go(300);
    }
    expect(await fate(result)).toBe('device-lost');
    expect(failures).toMatchObject([{ culprit: { peer: b } }]);
    return clock.now() - startedAt;
  }

  test('is waited for while a machine works on it, and not for ever', async () => {
    const waitedMs = await stuck({ earlierSteps: 1 });
    expect(waitedMs).toBeGreaterThan(1_000);
    expect(waitedMs).toBeLessThanOrEqual(1_500);
  });

  test('is waited for longer if it is the first: nobody knows yet how slow the machines are', async () => {
    const waitedMs = await stuck({ earlierSteps: 0 });
    expect(waitedMs).toBeGreaterThan(1_900);
    expect(waitedMs).toBeLessThanOrEqual(2_500);
  });
});

test('a machine that does not answer when it is asked for a stage is named', async () => {
  const { clock, failures } = await chain();
  expect(failures).toEqual([]);
  const sent: unknown[] = [];
  const silent: Culprit[] = [];
  const pipeline = new Pipeline({
    self,
    clock,
    chain: 8,
    epoch: 1,
    vocab: 100,
    origin: { manifestBytes: 1, url: '' },
    stages: [b, c].map((peer) => ({ peer, order })),
    send: (peer) => sent.push(peer),
    expectedMs: () => 10,
    onLap: () => {},
    onFailure: (_, culprit) => silent.push(culprit),
  });
  const opened = fate(pipeline.open());
  pipeline.onAnswer(b, { kind: 'ready', chain: 8, epoch: 1 });
  // Loading is a sign of life
  clock.go(1_000);
  pipeline.onAnswer(c, { kind: 'loading', chain: 8, epoch: 1, doneBytes: 1, totalBytes: 2 });
  clock.go(1_000);
  expect(silent).toEqual([]);
  clock.go(600);
  expect(await opened).toBe('device-lost');
  expect(silent).toEqual([{ peer: c }]);
});
