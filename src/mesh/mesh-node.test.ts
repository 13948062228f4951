import { describe, expect, test } from 'vitest';
import { simTerms } from '../../test/mesh/sim/terms.ts';
import { ManualClock } from '../../test/fakes/manual-clock.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import { FRAME_BURST } from './limits.ts';
import type { Link, MeshLane } from './link.ts';
import { MeshNode, type OtherMessage } from './mesh-node.ts';
import {
  type Beat,
  CONTROL_VERSION,
  type ControlMessage,
  encodeControl,
  parseControl,
} from './messages/control.ts';

const id = (letter: string) => `${letter.repeat(42)}A` as PeerId;
const [self, peer] = [id('a'), id('b')];
const beat: Beat = {
  incarnation: 1,
  beat: 0,
  name: 'b',
  gpu: 'none',
  isSharing: true,
  freeBytes: 1,
  bytesPerMs: 1,
  speeds: [],
  queue: 0,
  load: 0,
  rtts: [],
  planHash: 0,
  grant: '',
  worksFor: [],
  tokensPerSecond: 0,
  standing: [],
  pieces: [],
};

class FakeLink implements Link {
  readonly peer = peer;
  readonly rttMs = 1;
  readonly bufferedBytes = 0;
  readonly sent: string[] = [];
  closed: string | undefined;
  hear: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void = () => {};
  #onClose: (reason: string) => void = () => {};

  grant = '';

  send(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    const message = lane === 'control' ? parseControl(frame) : undefined;
    if (message?.kind === 'beat') this.grant = message.grant;
    this.sent.push(message?.kind ?? lane);
  }
  onFrame(handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void): void {
    this.hear = handler;
  }
  onClose(handler: (reason: string) => void): void {
    this.#onClose = handler;
  }
  close(reason: string): void {
    if (this.closed !== undefined) return;
    this.closed = reason;
    this.#onClose(reason);
  }
}

function node({ banned = false } = {}) {
  const clock = new ManualClock();
  const others: OtherMessage[] = [];
  const meshNode = new MeshNode({
    self,
    incarnation: 1,
    clock,
    random: () => 0.5,
    bans: banned ? [{ peer, why: 'earlier' }] : [],
    describe: () => ({
      name: 'a',
      gpu: 'none',
      freeBytes: 9,
      bytesPerMs: 1,
      speeds: [],
      load: 0,
      pieces: [],
    }),
    caps: () => ({ isSharing: false, gpuShare: 1, memoryBytes: 1 }),
    isOwnerBusy: () => false,
    openStage: () => Promise.reject(new Error('not asked')),
    onWork() {},
    onTaken() {},
    priority: () => 0,
    onEvent() {},
    onBans() {},
    onMessage: (_, message) => others.push(message),
    onChunk() {},
  });
  meshNode.start();
  const link = new FakeLink();
  const terms = () => simTerms(self, peer, 'link', clock);
  meshNode.addLink(link, terms());
  const theirs = simTerms(peer, self, 'link', clock);
  /** As the peer asks: under seal, with the grant that it has been given. */
  const ask = async (message: ControlMessage) => {
    const task = await theirs.seal(encodeControl(message), link.grant);
    link.hear('control', encodeControl({ kind: 'task', ...task }));
    await new Promise(setImmediate);
  };
  const say = (changes: Partial<Beat> = {}, over = link) =>
    over.hear('control', encodeControl({ kind: 'beat', ...beat, ...changes }));
  return { clock, meshNode, link, say, others, terms, ask };
}

describe('a peer is shown the door', () => {
  test.each<[string, MeshLane, number[]]>([
    ['noise where control belongs', 'control', [CONTROL_VERSION, 99, 3]],
    ['noise where activations belong', 'activation', [1, 0, 0]],
    ['a chunk without a request', 'bulk', [1]],
    ['another version', 'control', [9, 0]],
  ])('for %s, by name and with the reason', (_, lane, bytes) => {
    const { meshNode, link, say } = node();
    say();
    expect(meshNode.members).toHaveLength(1);
    link.hear(lane, Uint8Array.from(bytes));
    expect(meshNode.bans.all).toMatchObject([{ peer, why: expect.stringContaining('cannot be read') }]);
    expect(link.closed).toContain('banned');
    expect(meshNode.members).toEqual([]);
  });

  test('for a flood of frames that are each as they should be', () => {
    const { clock, meshNode, link, say, terms } = node();
    for (let i = 0; i < FRAME_BURST; i++) say({ beat: i });
    expect(link.closed).toBeUndefined();
    say({ beat: FRAME_BURST });
    expect(meshNode.bans.all).toMatchObject([{ peer, why: expect.stringContaining('more frames') }]);
    clock.go(10_000);
    const again = new FakeLink();
    meshNode.addLink(again, terms());
    expect(again.closed).toBeDefined();
  });

  test('when it was banned at an earlier start', () => {
    const { link, meshNode, terms } = node({ banned: true });
    expect(link.closed).toBeDefined();
    meshNode.bans.lift(peer);
    const again = new FakeLink();
    meshNode.addLink(again, terms());
    expect(again.closed).toBeUndefined();
  });
});

test('a new link takes the place of an old one, whose late frames and end say nothing', () => {
  const { meshNode, link, say, terms } = node();
  say();
  const again = new FakeLink();
  meshNode.addLink(again, terms());
  expect(link.closed).toContain('taken its place');
  expect(meshNode.members).toHaveLength(1);
  link.hear('control', Uint8Array.of(CONTROL_VERSION, 99));
  expect(meshNode.bans.all).toEqual([]);
  say({ beat: 1 }, again);
  again.close('gone');
  expect(meshNode.members).toEqual([]);
});

test('a machine that does not share gives no grant and says so', async () => {
  const { clock, link, say, ask } = node();
  say();
  clock.go(500);
  expect(link.sent).toContain('beat');
  expect(link.grant).toBe('');
  await ask({
    kind: 'open',
    chain: 1,
    epoch: 1,
    order: {
      model: '01'.repeat(32),
      span: { first: 0, end: 1, embeds: true, samples: false },
      sizes: { slots: 1, maxRows: 1, contextLength: 16, pageSize: 16, pageCounts: [1] },
      hidden: 'f16',
      dim: 4,
    },
    origin: { manifestBytes: 1, url: '' },
    from: peer,
    to: peer,
    isStandby: false,
  });
  expect(link.sent.at(-1)).toBe('refused');
  expect(link.closed).toBeUndefined();
});

test('what others handle is handed on, and goodbye is said', () => {
  const { meshNode, link, others } = node();
  link.hear('control', encodeControl({ kind: 'signal', bytes: Uint8Array.of(1) }));
  expect(others).toMatchObject([{ kind: 'signal' }]);
  meshNode.stop();
  expect(link.sent.at(-1)).toBe('leaving');
  expect(link.closed).toBeDefined();
});

test('what is asked of a stage that is not there is answered by nothing', async () => {
  const { link, ask } = node();
  const before = link.sent.length;
  for (const message of [
    { kind: 'close', chain: 1 },
    { kind: 'probe', chain: 1, epoch: 1 },
    { kind: 'reveal', chain: 1, epoch: 1, step: 1, row: 1 },
  ] as const)
    await ask(message);
  link.hear('control', encodeControl({ kind: 'ready', chain: 1, epoch: 1 }));
  expect(link.sent).toHaveLength(before);
});

test('who asks without a seal is dropped by name, and banned when it does not stop', () => {
  const { clock, meshNode, link, say, terms } = node();
  say();
  const unsealed = encodeControl({ kind: 'close', chain: 1 });
  link.hear('control', unsealed);
  expect(link.closed).toContain('without a seal');
  expect(meshNode.bans.all).toEqual([]);
  for (let i = 0; i < 2; i++) {
    clock.go(1_000);
    const again = new FakeLink();
    meshNode.addLink(again, terms());
    again.hear('control', unsealed);
    expect(again.closed).toContain('without a seal');
  }
  expect(meshNode.bans.all).toMatchObject([{ peer, why: expect.stringContaining('without a seal') }]);
});

test('who has no grant gets no piece', () => {
  const { link, others } = node();
  const want = { kind: 'want', request: 3, sha256: '01'.repeat(32), at: 0, bytes: 8 } as const;
  link.hear('control', encodeControl(want));
  expect(link.sent.at(-1)).toBe('missing');
  expect(others).toEqual([]);
});
