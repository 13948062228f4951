// What a stranger, a neighbour and a machine that was once trusted may try with grants and seals, with real signatures.
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import { type Identity, identityOf, newKeyPair } from '../identity/identity.ts';
import type { SealedTask } from '../identity/task-seal.ts';
import { signedTerms, type Terms } from '../identity/terms.ts';
import { MAX_TASKS_WAITING } from '../limits.ts';
import { type ControlMessage, encodeControl } from '../messages/control.ts';
import { type Ask, SealedAsks } from './sealed-asks.ts';
import type { Offence } from './strikes.ts';

const [owner, asker, stranger] = (await Promise.all(
  [1, 2, 3].map(async () => identityOf(await newKeyPair())),
)) as [Identity, Identity, Identity];
const limits = { memoryBytes: 2 ** 30, gpuPercent: 50 };
const close: ControlMessage = { kind: 'close', chain: 7 };
const open: ControlMessage = {
  kind: 'open',
  chain: 7,
  epoch: 1,
  order: {
    model: '01'.repeat(32),
    span: { first: 0, end: 1, embeds: true, samples: false },
    sizes: { slots: 1, maxRows: 1, contextLength: 16, pageSize: 16, pageCounts: [1] },
    hidden: 'f16',
    dim: 4,
  },
  origin: { manifestBytes: 1, url: '' },
  from: asker.peer,
  to: asker.peer,
  isStandby: false,
};

function meeting() {
  const clock = new ManualClock();
  const now = () => clock.now();
  const asked: { ask: Ask; why: string | undefined }[] = [];
  const offences: { offence: Offence; why: string }[] = [];
  const termsOf = (self: Identity, other: Identity, link = 'link'): Terms =>
    signedTerms({ identity: self, peer: other.peer, publicKey: other.publicKey, link, now });
  const asks = new SealedAsks({
    terms: termsOf(owner, asker),
    clock,
    send() {},
    onAsk: (ask, why) => asked.push({ ask, why }),
    onOffence: (offence, why) => offences.push({ offence, why }),
  });
  /** Signatures are made on other threads, one after the other: what is asked of those later is done later. */
  const until = async (isDone: () => boolean) => {
    for (let i = 0; i < 10_000 && !isDone(); i++) await stranger.sign(new Uint8Array(64));
    expect(isDone()).toBe(true);
  };
  const given = async () => {
    await until(() => asks.grant(limits) !== '');
    return asks.grant(limits);
  };
  const take = async (task: SealedTask) => {
    const before = asked.length + offences.length;
    asks.take(task);
    await until(() => asked.length + offences.length > before);
  };
  return { clock, asks, asked, offences, termsOf, given, take, until };
}

test('who has a grant may ask, and what it asks comes in its order', async () => {
  const { asks, asked, offences, termsOf, given, until } = meeting();
  const theirs = termsOf(asker, owner);
  const sent: SealedTask[] = [];
  const far = new SealedAsks({
    terms: theirs,
    clock: new ManualClock(),
    send: ({ kind, ...task }) => sent.push(task),
    onAsk() {},
    onOffence() {},
  });
  far.theirGrant = await given();
  for (const message of [open, close, open, close]) far.ask(encodeControl(message));
  await until(() => sent.length === 4);
  for (const task of sent) asks.take(task);
  await until(() => asked.length === 4);
  expect(asked.map(({ ask, why }) => [ask.kind, why])).toEqual(
    ['open', 'close', 'open', 'close'].map((kind) => [kind, undefined]),
  );
  expect(offences).toEqual([]);
});

describe('refused, and told why, without a fault', () => {
  test('an open by who has no grant yet', async () => {
    const { asked, offences, termsOf, take } = meeting();
    await take(await termsOf(asker, owner).seal(encodeControl(open), ''));
    expect(asked).toMatchObject([{ why: expect.stringContaining('no grant') }]);
    expect(offences).toEqual([]);
  });

  test('but never the end of what was asked before', async () => {
    const { asked, termsOf, take } = meeting();
    await take(await termsOf(asker, owner).seal(encodeControl(close), ''));
    expect(asked).toMatchObject([{ ask: { kind: 'close' }, why: undefined }]);
  });
});

describe('a forged', () => {
  type Parts = ReturnType<typeof meeting>;
  test.each<[string, (parts: Parts) => Promise<SealedTask>]>([
    [
      'signature',
      async ({ termsOf }) => {
        const task = await termsOf(asker, owner).seal(encodeControl(open), '');
        return { ...task, signature: task.signature.map((byte) => byte ^ 1) };
      },
    ],
    [
      'sender',
      async ({ termsOf, given }) => termsOf(stranger, owner).seal(encodeControl(open), await given()),
    ],
    [
      'link',
      async ({ termsOf, given }) =>
        termsOf(asker, owner, 'another link').seal(encodeControl(open), await given()),
    ],
    [
      'grant, which the asker has made itself',
      async ({ termsOf }) => {
        const theirs = termsOf(asker, owner);
        return theirs.seal(encodeControl(open), await theirs.grant(limits));
      },
    ],
    [
      'grant of another machine',
      async ({ termsOf }) => {
        const grant = await termsOf(stranger, asker).grant(limits);
        return termsOf(asker, owner).seal(encodeControl(open), grant);
      },
    ],
    [
      'grant that the owner gave to another',
      async ({ termsOf }) => {
        const grant = await termsOf(owner, stranger).grant(limits);
        return termsOf(asker, owner).seal(encodeControl(open), grant);
      },
    ],
    [
      'grant of another link',
      async ({ termsOf }) => {
        const grant = await termsOf(owner, asker, 'another link').grant(limits);
        return termsOf(asker, owner).seal(encodeControl(open), grant);
      },
    ],
    ['grant that is noise', ({ termsOf }) => termsOf(asker, owner).seal(encodeControl(open), 'e30.e30.x')],
    ['header, cut off', ({ termsOf }) => termsOf(asker, owner).seal(encodeControl(open).slice(0, 20), '')],
    [
      'header that asks nothing',
      ({ termsOf }) => termsOf(asker, owner).seal(encodeControl({ kind: 'leaving', incarnation: 1 }), ''),
    ],
  ])('%s is named and does nothing', async (_, make) => {
    const parts = meeting();
    await parts.take(await make(parts));
    expect(parts.asked).toEqual([]);
    expect(parts.offences).toMatchObject([{ offence: 'forged' }]);
    expect(parts.offences[0]!.why).toMatch(/\w+ \w+.*\./);
  });
});

describe('a stale', () => {
  test('task is done once', async () => {
    const { asked, offences, termsOf, given, take } = meeting();
    const task = await termsOf(asker, owner).seal(encodeControl(open), await given());
    await take(task);
    await take(task);
    expect(asked).toHaveLength(1);
    expect(offences).toMatchObject([{ offence: 'stale', why: expect.stringContaining('used before') }]);
  });

  test('grant opens nothing, and its bearer hears why', async () => {
    const { clock, asked, offences, termsOf, given, take, until } = meeting();
    const task = await termsOf(asker, owner).seal(encodeControl(open), await given());
    clock.go(301_000);
    await take(task);
    await until(() => asked.length === 1);
    expect(offences).toMatchObject([{ offence: 'stale' }]);
    expect(asked).toMatchObject([{ why: expect.stringContaining('not valid') }]);
  });
});

test('a grant is made anew long before it runs out, and at once when what is shared changes', async () => {
  const { clock, asks, given, until } = meeting();
  const first = await given();
  clock.go(101_000);
  expect(asks.grant(limits)).toBe(first);
  await until(() => asks.grant(limits) !== first);
  const less = { ...limits, gpuPercent: 10 };
  expect(asks.grant(less)).toBe('');
  await until(() => asks.grant(less) !== '');
  expect(asks.grant(undefined)).toBe('');
});

test('seals that wait to be looked at have a limit', async () => {
  const { asks, offences, termsOf, until } = meeting();
  const task = await termsOf(asker, owner).seal(encodeControl(close), '');
  for (let i = 0; i <= MAX_TASKS_WAITING; i++) asks.take(task);
  expect(offences).toMatchObject([{ why: expect.stringContaining('more at once') }]);
  await until(() => offences.length === MAX_TASKS_WAITING);
});

test('once a link has ended, nothing is asked over it either way', async () => {
  const { asks, asked, offences, termsOf, given } = meeting();
  const task = await termsOf(asker, owner).seal(encodeControl(open), await given());
  asks.take(task);
  asks.end();
  for (let i = 0; i < 50; i++) await stranger.sign(new Uint8Array(64));
  expect([...asked, ...offences]).toEqual([]);
});
