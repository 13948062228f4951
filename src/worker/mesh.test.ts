import { expect, test } from 'vitest';
import { fakeClock } from '../../test/fakes/clock.ts';
import { type FakeChannel, lossyChannels, seeded } from '../../test/fakes/lossy-channels.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { identityOf, newKeyPair } from '../mesh/identity/identity.ts';
import { connect } from '../channel/connect.ts';
import { serve } from '../channel/serve.ts';
import type { MeshEvent, MeshWorkerCalls } from '../protocol/mesh-calls.ts';
import { MeshHost } from './mesh.ts';

const identities = await Promise.all([0, 1].map(async () => identityOf(await newKeyPair())));
const peers = identities.map(({ peer }) => peer);
const self = (side: number) => {
  const { peer, publicKey, privateKey } = identities[side]!;
  return { self: peer, keys: { publicKey, privateKey }, incarnation: 1, name: `m${side}`, share, bans: [] };
};
/** Of the link, as one of them sees who is at its other end. */
const proven = (side: number) => ({
  peer: peers[side]!,
  publicKey: identities[side]!.publicKey,
  binding: 'both certificates',
  epoch: 9,
});
const share = { isOn: true, gpuPercent: 50, memoryBytes: 2 ** 30 };

/** Two workers as their documents call them, with channels between them that are handed over. */
async function hosts() {
  const clock = fakeClock();
  const random = seeded(3);
  const pair = () => lossyChannels(clock, random, { delayMs: 1 });
  const lanes = { control: pair(), bulk: pair(), activation: pair() };
  const sides = ([0, 1] as const).map((side) => {
    const host = new MeshHost({
      clock,
      pieces: { onMessage() {}, onChunk() {}, onPeerGone() {} },
      ledger: { read: async () => undefined, write: async () => {} },
      onEnter() {},
      engine: {
        random,
        describe: () => ({
          gpu: 'gpu',
          freeBytes: 2 ** 31,
          bytesPerMs: 1,
          speeds: [],
          load: 0.25,
          pieces: [],
        }),
        isOwnerBusy: () => false,
        openStage: () => Promise.reject(new Error('none')),
        onWork: () => {},
      },
    });
    // Channels are no memory that could be copied, so they are given to the host itself
    const calls = host.calls();
    const [near, far] = memoryWires();
    serve<MeshWorkerCalls>(far, calls);
    const { call } = connect<MeshWorkerCalls>(near);
    const events: MeshEvent[] = [];
    const stop = new AbortController();
    const ran = call('run', self(side), { onPart: (event) => events.push(event), signal: stop.signal }).catch(
      () => 'ended',
    );
    const take = (lane: keyof typeof lanes) => {
      const channels = [lanes[lane][side] as unknown as RTCDataChannel];
      void calls.channels.run({ connection: 1, lane, channels }, {} as never);
    };
    return { call, events, stop, ran, take };
  });
  return { clock, lanes, sides };
}

async function linked() {
  const all = await hosts();
  for (const [i, { call, take }] of all.sides.entries()) {
    for (const lane of ['control', 'bulk', 'activation'] as const) take(lane);
    await call('open', { connection: 1, ...proven(1 - i) });
  }
  for (const { call } of all.sides) await call('join', { connection: 1 });
  const isMet = () =>
    all.sides.every(({ events }) => last(events, 'machines')?.machines.some(({ isSharing }) => isSharing));
  // Signatures are made on other threads, whose time no clock here moves
  for (let i = 0; i < 1_000 && !isMet(); i++) {
    await all.clock.advance(250);
    await identities[0]!.sign(new Uint8Array(64));
  }
  return all;
}

const last = <K extends MeshEvent['kind']>(events: MeshEvent[], kind: K) =>
  events.findLast((event): event is Extract<MeshEvent, { kind: K }> => event.kind === kind);

test('two machines see each other as they describe themselves', async () => {
  const { sides } = await linked();
  expect(last(sides[0]!.events, 'machines')?.machines).toEqual([
    {
      peer: peers[1],
      name: 'm1',
      gpu: 'gpu',
      isSharing: true,
      load: 0.25,
      rttMs: 2,
      freeBytes: 2 ** 30,
      holds: [],
      worksForUs: false,
      isServed: false,
      isLate: false,
      worksFor: [],
      tokensPerSecond: 0,
    },
  ]);
});

test('a change of name and of what is shared is seen by the other', async () => {
  const { sides, clock } = await linked();
  await sides[1]!.call('configure', { name: 'attic', share: { ...share, isOn: false } });
  await clock.advance(1_500);
  expect(last(sides[0]!.events, 'machines')?.machines).toMatchObject([{ name: 'attic', isSharing: false }]);
});

test('documents reach each other through their workers', async () => {
  const { sides, clock } = await linked();
  await sides[0]!.call('signal', { peer: peers[1]!, message: { kind: 'linked', peers: [] } });
  await clock.advance(20);
  expect(last(sides[1]!.events, 'signal')).toEqual({
    kind: 'signal',
    peer: peers[0],
    message: { kind: 'linked', peers: [] },
  });
});

test('who leaves is gone at once, and its connection with it', async () => {
  const { sides, clock } = await linked();
  sides[1]!.stop.abort();
  await clock.advance(700);
  expect(last(sides[0]!.events, 'machines')?.machines).toEqual([]);
  expect(last(sides[0]!.events, 'closed')).toMatchObject({ connection: 1 });
});

test('a peer that sends what is no message is banned by name, and nothing of it is left', async () => {
  const { sides, lanes, clock } = await linked();
  const hostile: FakeChannel = lanes.control[1];
  hostile.send(Uint8Array.of(1, 0, 0, 0, 3, 255, 255, 255));
  await clock.advance(700);
  expect(last(sides[0]!.events, 'bans')?.bans).toMatchObject([{ peer: peers[1] }]);
  expect(last(sides[0]!.events, 'machines')?.machines).toEqual([]);
  expect(hostile.readyState).toBe('closed');
});

test('a connection that lacks a channel, or that has ended, is refused with a sentence', async () => {
  const { sides } = await hosts();
  const [{ call, take }] = sides as [(typeof sides)[0]];
  take('control');
  await expect(call('open', { connection: 1, ...proven(1) })).rejects.toThrow('all its channels');
  await call('drop', { connection: 1, reason: 'Not wanted.' });
  await expect(call('join', { connection: 1 })).rejects.toThrow('has ended');
});

test('a machine is in one room at a time', async () => {
  const { sides } = await hosts();
  const again = sides[0]!.call('run', self(0));
  await expect(again).rejects.toThrow('in a room already');
});
