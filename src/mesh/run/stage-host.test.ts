import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { StageInput, StageOrder, StageOutput } from '../../protocol/stage.ts';
import { encodeActivation, parseActivation, type RowsFrame } from '../messages/activation.ts';
import { type ControlMessage, parseControl } from '../messages/control.ts';
import { GuestGate } from './guest-gate.ts';
import { StageHost } from './stage-host.ts';

const id = (letter: string) => `${letter.repeat(42)}A` as PeerId;
const [self, asker, before, after, stranger] = ['a', 'b', 'c', 'd', 'e'].map(id) as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];
const order: StageOrder = {
  model: '01'.repeat(32),
  span: { first: 2, end: 4, embeds: false, samples: false },
  sizes: { slots: 2, maxRows: 4, contextLength: 64, pageSize: 16, pageCounts: [8] },
  hidden: 'f16',
  dim: 4,
};
const open = {
  kind: 'open',
  chain: 7,
  epoch: 3,
  order,
  from: before,
  to: after,
  origin: { manifestBytes: 1, url: '' },
  isStandby: false,
} as const;
const frame: RowsFrame = {
  kind: 'rows',
  chain: 7,
  epoch: 3,
  step: 0,
  coordinator: asker,
  spentUs: [],
  lane: 'interactive',
  type: 'f16',
  pages: [],
  samplers: [],
  rows: [{ token: 1, position: 0, slot: 0, isOutput: true }],
  hidden: new Uint8Array(8),
};

/** A host whose stages write down what they are asked, and give it back. */
async function host({ refuse = undefined as string | undefined, isSharing = true } = {}) {
  const clock = new ManualClock();
  const ran: StageInput[] = [];
  const control: { peer: PeerId; message: ControlMessage }[] = [];
  const frames: { peer: PeerId; frame: RowsFrame }[] = [];
  const faults: { peer: PeerId; why: string }[] = [];
  let made = 0;
  let destroyed = 0;
  let forgotten = 0;
  const caps = { isSharing, gpuShare: 1, memoryBytes: 1e9 };
  const priorities = new Map<PeerId, number>();
  const stageHost = new StageHost({
    self,
    clock,
    send: (peer, lane, bytes) => {
      if (lane === 'control') control.push({ peer, message: parseControl(bytes) });
      else frames.push({ peer, frame: parseActivation(bytes) as RowsFrame });
    },
    refuse: () => refuse,
    openStage: async () => {
      made++;
      return {
        async run(input): Promise<StageOutput> {
          ran.push(input);
          return { kind: 'hidden', hidden: input.hidden!, busyMs: 2 };
        },
        forget: () => void forgotten++,
        destroy: () => void destroyed++,
      };
    },
    gate: new GuestGate(
      clock,
      () => caps,
      () => false,
    ),
    onWork: () => {},
    priority: (peer) => priorities.get(peer) ?? 0,
    onFault: (peer, why) => faults.push({ peer, why }),
  });
  stageHost.open(asker, open);
  await new Promise(setImmediate);
  const rows = async (peer: PeerId, changes: Partial<RowsFrame> = {}) => {
    stageHost.onRows(peer, parseActivation(encodeActivation({ ...frame, ...changes })) as RowsFrame);
    await new Promise(setImmediate);
  };
  const told = () => control.map(({ message }) => message.kind);
  return {
    clock,
    ran,
    control,
    frames,
    faults,
    stageHost,
    rows,
    told,
    caps,
    priorities,
    counts: () => ({ made, destroyed, forgotten }),
  };
}

test('takes steps from the one before it and hands them to the one after it', async () => {
  const { rows, ran, frames, told } = await host();
  await rows(before);
  expect(told()).toEqual(['ready']);
  expect(ran).toHaveLength(1);
  expect(ran[0]!.lane).toBe('guest');
  expect(frames).toMatchObject([{ peer: after, frame: { step: 0, spentUs: [2_000] } }]);
});

describe('a step', () => {
  test.each<[string, Partial<RowsFrame>]>([
    ['of an epoch that is over', { epoch: 2 }],
    ['of an epoch that has not begun', { epoch: 4 }],
    ['of a chain that nobody opened', { chain: 8 }],
    ['of another machine that counts its chains alike', { coordinator: stranger }],
  ])('%s is not run, and nobody is blamed', async (_, changes) => {
    const { rows, ran, faults, told } = await host();
    await rows(before, changes);
    expect(ran).toEqual([]);
    expect(faults).toEqual([]);
    expect(told()).toEqual(['ready']);
  });

  test('that is replayed is run once', async () => {
    const { rows, ran } = await host();
    await rows(before);
    await rows(before);
    expect(ran).toHaveLength(1);
  });

  test('that comes before its turn waits', async () => {
    const { rows, ran } = await host();
    await rows(before, { step: 1, rows: [{ ...frame.rows[0]!, position: 1 }] });
    expect(ran).toEqual([]);
    await rows(before);
    expect(ran.map((input) => input.rows[0]!.position)).toEqual([0, 1]);
  });

  test('from a machine that has no part in the chain gets that machine named', async () => {
    const { rows, ran, faults } = await host();
    await rows(stranger);
    expect(ran).toEqual([]);
    expect(faults).toMatchObject([{ peer: stranger }]);
  });

  const row = frame.rows[0]!;
  test.each<[string, Partial<RowsFrame>, string]>([
    ['infinity', { hidden: Uint8Array.of(0, 0, 0, 0x7c, 0, 0, 0, 0) }, 'not finite'],
    ['NaN', { hidden: Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0xfc) }, 'not finite'],
    ['states that are too short', { hidden: new Uint8Array(6) }, '6 bytes, and 8 belong'],
    ['states that are too long', { hidden: new Uint8Array(10) }, '10 bytes, and 8 belong'],
    ['no states', { hidden: undefined }, '0 bytes, and 8 belong'],
    ['another type', { type: 'f32', hidden: new Uint8Array(16) }, 'f16 was agreed on'],
    ['too many rows', { rows: Array(5).fill(row), hidden: new Uint8Array(40) }, '5 rows, and may have 4'],
    ['no rows', { rows: [], hidden: undefined }, '0 rows'],
    ['a slot too far', { rows: [{ ...row, slot: 2 }] }, 'outside the stage'],
    ['a position too far', { rows: [{ ...row, position: 64 }] }, 'outside the stage'],
    ['a page too far', { pages: [{ group: 0, slot: 0, index: 0, page: 8 }] }, 'outside the cache'],
    [
      'a group of pages that is not there',
      { pages: [{ group: 1, slot: 0, index: 0, page: 0 }] },
      'outside the cache',
    ],
    ['an index too far', { pages: [{ group: 0, slot: 0, index: 4, page: 0 }] }, 'outside the cache'],
  ])('with %s is refused before it is computed, and the asker is told why', async (_, changes, why) => {
    const { rows, ran, control, faults } = await host();
    await rows(before, changes);
    expect(ran).toEqual([]);
    expect(control.at(-1)).toMatchObject({ peer: asker, message: { kind: 'failed', isInput: true } });
    expect((control.at(-1)!.message as { why: string }).why).toContain(why);
    // It may have been given what it handed on
    expect(faults).toEqual([]);
  });

  test('that is wrong and comes from who made it gets that machine named', async () => {
    const { stageHost, rows, faults } = await host();
    stageHost.open(asker, { ...open, epoch: 4, from: asker });
    await rows(asker, { epoch: 4, rows: [{ ...row, slot: 2 }] });
    expect(faults).toMatchObject([{ peer: asker }]);
  });
});

test('steps beyond what may wait end the chain, whatever their order', async () => {
  const { rows, told } = await host();
  await rows(before, { step: 40 });
  expect(told()).toEqual(['ready', 'failed']);
});

test('a new epoch uses the stage that stands, and takes no step of the old one', async () => {
  const { stageHost, rows, ran, counts, told } = await host();
  await rows(before);
  stageHost.open(asker, { ...open, epoch: 4 });
  expect(told()).toEqual(['ready', 'ready']);
  await rows(before, { step: 1 });
  expect(ran).toHaveLength(1);
  await rows(before, { epoch: 4 });
  expect(ran).toHaveLength(2);
  expect(counts().made).toBe(1);
  // An open that was overtaken opens nothing
  stageHost.open(asker, { ...open, epoch: 3 });
  expect(told()).toHaveLength(2);
});

test('weights outlive their chain for a while, for whoever wants the same stage', async () => {
  const { stageHost, clock, counts } = await host();
  stageHost.close(asker, 7);
  expect(stageHost.standing).toHaveLength(1);
  stageHost.open(stranger, { ...open, chain: 9 });
  expect(counts()).toMatchObject({ made: 1, destroyed: 0 });
  stageHost.closeAllOf(stranger);
  clock.go(120_000);
  expect(stageHost.standing).toEqual([]);
  expect(counts()).toMatchObject({ made: 1, destroyed: 1 });
});

test('what a stage keeps of a text is gone before anybody else has it', async () => {
  const { stageHost, counts } = await host();
  stageHost.close(asker, 7);
  expect(counts()).toEqual({ made: 1, destroyed: 0, forgotten: 1 });
});

test('of a machine that is expelled nothing stays, and no more than that goes', async () => {
  const { stageHost, counts, rows, ran } = await host();
  stageHost.open(stranger, { ...open, chain: 9, from: stranger });
  await new Promise(setImmediate);
  stageHost.expel(asker);
  expect(counts()).toMatchObject({ made: 2, destroyed: 1 });
  expect(stageHost.coordinators).toEqual([stranger]);
  await rows(before);
  expect(ran).toEqual([]);
  await rows(stranger, { chain: 9, coordinator: stranger });
  expect(ran).toHaveLength(1);
});

test('a stage that is ready only after all is over is not kept', async () => {
  const { stageHost, counts } = await host();
  stageHost.open(asker, { ...open, chain: 8 });
  stageHost.destroy();
  await new Promise(setImmediate);
  expect(counts()).toMatchObject({ made: 2, destroyed: 2 });
  expect(stageHost.standing).toEqual([]);
});

test('a standby gets ready and runs nothing', async () => {
  const { stageHost, control } = await host();
  stageHost.open(asker, {
    ...open,
    chain: 8,
    isStandby: true,
    order: { ...order, span: { ...order.span, end: 3 } },
  });
  await new Promise(setImmediate);
  expect(control.at(-1)!.message).toMatchObject({ kind: 'ready', chain: 8 });
  expect(stageHost.standing).toHaveLength(2);
});

test('a machine that does not share says so', async () => {
  const { control, stageHost } = await host({ refuse: 'Not today.' });
  expect(control.at(-1)!.message).toMatchObject({ kind: 'refused', why: 'Not today.' });
  expect(stageHost.standing).toEqual([]);
});

test('one machine gets no more stages than its share', async () => {
  const { stageHost, control } = await host();
  for (let chain = 10; chain < 15; chain++) stageHost.open(asker, { ...open, chain });
  await new Promise(setImmediate);
  expect(control.filter(({ message }) => message.kind === 'ready')).toHaveLength(4);
  expect(control.filter(({ message }) => message.kind === 'refused')).toHaveLength(2);
});

test('guests wait while nothing is shared, and the owner never does', async () => {
  const { stageHost, rows, ran, caps, clock } = await host();
  caps.isSharing = false;
  clock.go(1);
  // What was saved up is used first
  for (let step = 0; step < 60; step++) await rows(before, { step });
  const guests = ran.length;
  expect(guests).toBeLessThan(60);
  stageHost.open(self, { ...open, from: self });
  await new Promise(setImmediate);
  await rows(self, { coordinator: self });
  expect(ran).toHaveLength(guests + 1);
  expect(ran.at(-1)!.lane).toBe('interactive');
});

test('of guests that wait, who has given more than it took goes first', async () => {
  const { clock, rows, stageHost, ran, caps, priorities } = await host();
  stageHost.open(stranger, { ...open, from: stranger });
  await new Promise(setImmediate);
  priorities.set(stranger, 5);
  priorities.set(asker, -5);
  caps.isSharing = false;
  // What was saved up is used
  for (let step = 0; step < 60; step++) {
    await rows(before, { step });
    clock.go(1);
  }
  const begun = ran.length;
  await rows(stranger, { coordinator: stranger, rows: [{ token: 9, position: 0, slot: 0, isOutput: true }] });
  expect(ran).toHaveLength(begun);
  caps.isSharing = true;
  clock.go(1_000);
  await new Promise(setImmediate);
  expect(ran[begun]!.rows[0]!.token).toBe(9);
  expect(ran[begun + 1]!.rows[0]!.token).toBe(1);
});
