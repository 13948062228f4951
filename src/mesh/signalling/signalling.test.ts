import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { fingerprintOf } from '../identity/fingerprint.ts';
import { packDescription, unpackDescription } from './binary-description.ts';
import { DOORS, doorId, doorsToKnock, knockAgainAfterMs } from './doors.ts';
import { Introductions } from './introductions.ts';
import { readInvitation, readReply, writeInvitation, writeReply } from './invitation.ts';

/** As Chromium wrote it, for one data channel, on a machine with three addresses and a name. */
const SDP = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 53421 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 192.168.1.5',
  'a=candidate:2899217931 1 udp 2113937151 192.168.1.5 53421 typ host generation 0 network-cost 999',
  'a=candidate:1 1 udp 2113939711 fd00::2 53422 typ host generation 0',
  'a=candidate:3 1 udp 2113937100 3a1f0c2e-91b7-4b6c-8c1d-0f6f5a2b7c9d.local 40000 typ host',
  'a=candidate:4 1 tcp 1518280447 192.168.1.5 9 typ host tcptype active',
  'a=candidate:5 1 udp 1677729535 203.0.113.9 61000 typ srflx raddr 0.0.0.0 rport 0',
  'a=ice-ufrag:Yx2+',
  'a=ice-pwd:9JQ1nZbWxkS5pE3/rT7uVw8y',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, (_, i) => (i * 7).toString(16).padStart(2, '0').toUpperCase()).join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');

const lines = (sdp: string, start: string) => sdp.split('\r\n').filter((line) => line.startsWith(start));

test('a description is rebuilt with all that tells one from another', () => {
  const { type, sdp } = unpackDescription(packDescription({ type: 'offer', sdp: SDP }));
  expect(type).toBe('offer');
  for (const same of ['a=ice-ufrag', 'a=ice-pwd', 'a=fingerprint', 'a=mid', 'a=sctp-port', 'a=setup'])
    expect(lines(sdp, same)).toEqual(lines(SDP, same));
  expect(fingerprintOf(sdp)).toEqual(fingerprintOf(SDP));
  // The best first, over UDP alone
  expect(lines(sdp, 'a=candidate').map((line) => line.split(' ').slice(4, 6).join(' '))).toEqual([
    'fd00:0000:0000:0000:0000:0000:0000:0002 53422',
    '192.168.1.5 53421',
    '3a1f0c2e-91b7-4b6c-8c1d-0f6f5a2b7c9d.local 40000',
    '203.0.113.9 61000',
  ]);
});

test('with one address it is a text for one small code', () => {
  const one = SDP.split('\r\n')
    .filter((line) => !/candidate:[1345]/.test(line))
    .join('\r\n');
  expect(packDescription({ type: 'offer', sdp: one })).toHaveLength(71);
  const text = writeInvitation({ secret: new Uint8Array(12), offer: { type: 'offer', sdp: one } });
  expect(text.length).toBeLessThanOrEqual(121);
});

test('invitations and replies are read as they were written, also with line breaks', () => {
  const secret = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
  const text = writeInvitation({ secret, offer: { type: 'offer', sdp: SDP } });
  const broken = ` ${text.replace(/(.{40})/g, '$1\r\n  ')}`;
  for (const spelling of [text, broken]) {
    const { secret: read, offer } = readInvitation(spelling);
    expect(read).toEqual(secret);
    expect(lines(offer.sdp, 'a=ice-pwd')).toEqual(lines(SDP, 'a=ice-pwd'));
  }
  expect(readReply(writeReply({ type: 'answer', sdp: SDP })).type).toBe('answer');
});

test('each half is refused in place of the other, and so is anything else, with a sentence', () => {
  const invitation = writeInvitation({ secret: new Uint8Array(12), offer: { type: 'offer', sdp: SDP } });
  const reply = writeReply({ type: 'answer', sdp: SDP });
  expect(() => readReply(invitation)).toThrow('This is no reply');
  expect(() => readInvitation(reply)).toThrow('This is no invitation');
  for (const text of [
    '',
    'hearth:',
    'hearth:!!!',
    'hello',
    invitation.slice(0, -9),
    `${invitation}AAAA`,
    'hearth:'.repeat(500),
  ])
    expect(() => readInvitation(text), text).toThrow('This is no invitation');
});

test('any bytes make a description or are refused, and nothing of theirs becomes a line of its own', () => {
  const valid = packDescription({ type: 'offer', sdp: SDP });
  const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc.array(change, { maxLength: 4 }).map((changes) => {
      const changed = valid.slice();
      for (const [at, value] of changes) changed[at] = value;
      return changed;
    }),
  );
  fc.assert(
    fc.property(bytes, (bytes) => {
      let sdp: string;
      try {
        ({ sdp } = unpackDescription(Uint8Array.from(bytes)));
      } catch (error) {
        expect((error as Error).message).toContain('no description');
        return;
      }
      expect(sdp).toMatch(/^v=0\r\n[\x20-\x7e\r\n]*$/);
      expect(lines(sdp, 'a=fingerprint')).toHaveLength(1);
      expect(lines(sdp, 'a=ice-ufrag')).toHaveLength(1);
    }),
    { numRuns: 2_000 },
  );
});

test('a room’s doors follow from its id, and who comes knocks at those before it', () => {
  const ids = new Set(Array.from({ length: DOORS }, (_, door) => doorId('ab'.repeat(16), door)));
  expect(ids.size).toBe(DOORS);
  // PeerJS takes letters, digits and dashes
  for (const id of ids) expect(id).toMatch(/^[a-z0-9][a-z0-9-]*[a-z0-9]$/);
  expect(doorsToKnock(4, new Set([1]))).toEqual([0, 2, 3]);
  expect(doorsToKnock(0, new Set())).toEqual([]);
});

test('waits grow to half a minute and are not all alike', () => {
  expect([0, 1, 2, 9].map((failures) => knockAgainAfterMs(failures, () => 1))).toEqual([
    1_000, 2_000, 4_000, 30_000,
  ]);
  expect(knockAgainAfterMs(9, () => 0)).toBe(15_000);
});

const id = (letter: string) => letter.repeat(43) as PeerId;

/** A room of machines whose links are a list of pairs; introductions that end in a new link add to it. */
function introducing(names: string, pairs: string[]) {
  const clock = fakeClock();
  const links = new Set(pairs);
  const nodes = new Map<PeerId, Introductions>();
  const spied: { from: PeerId; to: PeerId; message: unknown }[] = [];
  const keyOf = (a: PeerId, b: PeerId) => [a[0], b[0]].sort().join('');
  const linkedTo = (self: PeerId) =>
    [...nodes.keys()].filter((peer) => peer !== self && links.has(keyOf(self, peer)));
  const refused = new Set<PeerId>();
  for (const name of names) {
    const self = id(name);
    nodes.set(
      self,
      new Introductions({
        self,
        clock,
        linked: () => linkedTo(self),
        isRefused: (peer) => refused.has(peer),
        send: (to, message) => {
          spied.push({ from: self, to, message });
          clock.after(1, () => nodes.get(to)!.receive(self, structuredClone(message)));
        },
        offer: async (peer) => ({
          sdp: `offer of ${self[0]}`,
          accept(sdp) {
            expect(sdp).toBe(`answer of ${peer[0]}`);
            links.add(keyOf(self, peer));
            for (const node of nodes.values()) node.linksChanged();
          },
        }),
        answer: async (_peer, sdp) => {
          expect(sdp).toMatch(/^offer of/);
          return `answer of ${self[0]}`;
        },
      }),
    );
  }
  for (const node of nodes.values()) node.linksChanged();
  return { clock, links, nodes, spied, refused };
}

test('members of a line become a full circle, each pair once', async () => {
  const { clock, links, spied } = introducing('abcd', ['ab', 'bc', 'cd']);
  await clock.advance(20_000);
  expect([...links].sort()).toEqual(['ab', 'ac', 'ad', 'bc', 'bd', 'cd']);
  const offers = spied.filter(
    ({ message, from }) =>
      (message as { type?: string; from?: string }).type === 'offer' &&
      (message as { from?: string }).from === from,
  );
  expect(offers).toHaveLength(3);
});

test('a link that is lost is made again through whoever is still there', async () => {
  const { clock, links, nodes } = introducing('abc', ['ab', 'ac', 'bc']);
  await clock.advance(1_000);
  links.delete('ab');
  for (const node of nodes.values()) node.linksChanged();
  await clock.advance(20_000);
  expect(links.has('ab')).toBe(true);
});

test('nobody speaks in another’s name, and who is refused is not called', async () => {
  const { clock, links, nodes, spied, refused } = introducing('abcm', ['ab', 'bm', 'bc', 'ac', 'am', 'cm']);
  await clock.advance(100);
  const before = spied.length;
  nodes
    .get(id('b'))!
    .receive(id('m'), { kind: 'relay', from: id('a'), to: id('c'), type: 'offer', sdp: 'x' });
  expect(spied.length).toBe(before);

  refused.add(id('m'));
  links.delete('am');
  for (const node of nodes.values()) node.linksChanged();
  await clock.advance(20_000);
  expect(links.has('am')).toBe(false);
});

test.each([
  undefined,
  'text',
  {},
  { kind: 'linked', peers: ['short'] },
  { kind: 'linked', peers: new Array(99).fill(id('z')) },
  { kind: 'relay', from: id('m'), to: id('a'), type: 'offer', sdp: 'x'.repeat(10_000) },
])('what is no message is dropped: %j', async (message) => {
  const { clock, nodes, spied } = introducing('ab', ['ab']);
  await clock.advance(100);
  const before = spied.length;
  nodes.get(id('a'))!.receive(id('b'), message);
  await clock.advance(5_000);
  expect(spied.length).toBe(before);
});
