import { describe, expect, test } from 'vitest';
import { fakeTalks } from '../../../test/fakes/talks.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { Bytes } from './bytes.ts';
import { type HandshakeInput, type Proven, shakeHands, type Talk } from './handshake.ts';
import { type Identity, identityOf, newKeyPair, openIdentity } from './identity.ts';
import { openRoom, parseRoomCode, SECRET_BYTES } from './room.ts';

const room = await openRoom(new Uint8Array(SECRET_BYTES).fill(7));
const otherRoom = await openRoom(new Uint8Array(SECRET_BYTES).fill(8));
const [alice, bob, mallory] = (await Promise.all(
  [1, 2, 3].map(async () => identityOf(await newKeyPair())),
)) as [Identity, Identity, Identity];

const certificate = (n: number): Bytes => new Uint8Array(32).fill(n);
const counting = (start: number) => (bytes: number) => new Uint8Array(bytes).fill(start);

function inputOf(
  identity: Identity,
  isCaller: boolean,
  change: Partial<HandshakeInput> = {},
): HandshakeInput {
  return {
    isCaller,
    identity,
    life: 1,
    room,
    fingerprints: isCaller
      ? { own: certificate(1), theirs: certificate(2) }
      : { own: certificate(2), theirs: certificate(1) },
    expected: undefined,
    isRefused: () => false,
    random: counting(isCaller ? 1 : 2),
    ...change,
  };
}

/** What both sides end with: whom they know, or why they refuse. A side whose other has refused hears no more. */
async function meet(
  caller: HandshakeInput,
  callee: HandshakeInput,
  change: (message: object, from: 'caller' | 'callee', nth: number) => object = (message) => message,
): Promise<(Proven | string)[]> {
  const [a, b] = fakeTalks(change);
  const side = async (talk: Talk & { hangUp(): void }, input: HandshakeInput) => {
    try {
      return await shakeHands(talk, input);
    } catch (error) {
      talk.hangUp();
      return (error as Error).message;
    }
  };
  return Promise.all([side(a, caller), side(b, callee)]);
}

test('two members of a room know each other afterwards', async () => {
  const [a, b] = (await meet(
    inputOf(alice, true, { life: 4 }),
    inputOf(bob, false, { life: 9 }),
  )) as Proven[];
  expect([a!.peer, a!.life, b!.peer, b!.life]).toEqual([bob.peer, 9, alice.peer, 4]);
  expect(a!.digits).toMatch(/^\d{6}$/);
  expect([b!.digits, b!.epoch]).toEqual([a!.digits, a!.epoch]);
});

test('another meeting of the same two has other digits and another epoch', async () => {
  const [first] = (await meet(inputOf(alice, true), inputOf(bob, false))) as Proven[];
  const [second] = (await meet(
    inputOf(alice, true, { random: counting(9) }),
    inputOf(bob, false),
  )) as Proven[];
  expect(second!.epoch).not.toBe(first!.epoch);
  expect(second!.digits).not.toBe(first!.digits);
});

test('who sits in the middle with certificates of their own is found out by both', async () => {
  // The server gave each of them a certificate of Mallory's, who hands every message on as it is
  const [a, b] = await meet(
    inputOf(alice, true, { fingerprints: { own: certificate(1), theirs: certificate(66) } }),
    inputOf(bob, false, { fingerprints: { own: certificate(2), theirs: certificate(77) } }),
  );
  expect(b).toContain('somebody sits between');
  expect(a).toBe('The other side has hung up.');
});

test('a member of the room in the middle is known by its own name, and not by another’s', async () => {
  const [, b] = await meet(inputOf(mallory, true), inputOf(bob, false, { expected: alice.peer }));
  expect(b).toContain('not the machine that was to be reached');
});

test('who does not know the room learns nothing but a key', async () => {
  const said: object[] = [];
  const [, b] = await meet(
    inputOf(mallory, true, { room: otherRoom }),
    inputOf(bob, false),
    (message, from) => {
      if (from === 'callee') said.push(message);
      return message;
    },
  );
  expect(b).toContain('does not know this room');
  expect(said.map((message) => Object.keys(message))).toEqual([['version', 'key', 'life', 'nonce']]);
});

test('a callee who does not know the room, such as one who squats on an id, is refused by the caller', async () => {
  const [a] = await meet(inputOf(alice, true), inputOf(mallory, false), (message, from, nth) =>
    // Mallory skips the check and answers with a proof under a guessed secret
    from === 'callee' && nth === 1 ? { ...message, mac: 'A'.repeat(43) } : message,
  );
  expect(a).toContain('does not know this room');
});

describe('what is changed on the way is noticed', () => {
  test.each([
    { what: 'the caller’s key', from: 'caller', nth: 0, field: 'key' },
    { what: 'the commitment', from: 'caller', nth: 0, field: 'commit' },
    { what: 'the callee’s nonce', from: 'callee', nth: 0, field: 'nonce' },
    { what: 'the caller’s nonce', from: 'caller', nth: 1, field: 'nonce' },
    { what: 'the caller’s signature', from: 'caller', nth: 1, field: 'signature' },
    { what: 'the caller’s proof of the room', from: 'caller', nth: 1, field: 'mac' },
    { what: 'the callee’s signature', from: 'callee', nth: 1, field: 'signature' },
    { what: 'the callee’s life', from: 'callee', nth: 0, field: 'life' },
  ] as const)('$what', async ({ from, nth, field }) => {
    const outcome = await meet(inputOf(alice, true), inputOf(bob, false), (message, who, n) => {
      if (who !== from || n !== nth) return message;
      const value = (message as Record<string, unknown>)[field];
      const other = typeof value === 'number' ? value + 1 : flip(value as string);
      return { ...message, [field]: other };
    });
    expect(outcome.some((end) => typeof end === 'string' && end.includes('was refused'))).toBe(true);
    // Nobody believes to know the other unless the other's last message was the one that was changed
    expect(outcome.filter((end) => typeof end !== 'string').length).toBeLessThanOrEqual(
      from === 'callee' && nth === 1 ? 1 : 0,
    );
  });
});

test('a proof of an earlier meeting is worth nothing in another', async () => {
  const heard: object[] = [];
  await meet(inputOf(alice, true), inputOf(bob, false), (message, from) => {
    if (from === 'caller') heard.push(message);
    return message;
  });
  const [, b] = await meet(
    inputOf(mallory, true),
    inputOf(bob, false, { random: counting(3) }),
    (message, from, nth) => (from === 'caller' ? heard[nth]! : message),
  );
  expect(b).toContain('was refused');
});

test('who is banned is not answered', async () => {
  const isRefused = (peer: PeerId) => peer === mallory.peer;
  const [, b] = await meet(inputOf(mallory, true), inputOf(bob, false, { isRefused }));
  expect(b).toContain('banned');
});

test('a mirror is not a member', async () => {
  const [, b] = await meet(inputOf(bob, true), inputOf(bob, false));
  expect(b).toContain('claims to be this machine');
});

test.each([undefined, 'text', 7, {}, { version: 2 }, { version: 1, key: 'short' }])(
  '%j is no introduction',
  async (hello) => {
    const [, b] = await meet(inputOf(alice, true), inputOf(bob, false), (message, from) =>
      from === 'caller' ? (hello as object) : message,
    );
    expect(b).toContain('was refused');
  },
);

test('an installation keeps its key, and the key cannot be taken out', async () => {
  let kept: CryptoKeyPair | undefined;
  const store = {
    get: async () => kept,
    put: async (pair: CryptoKeyPair) => void (kept = pair),
  };
  const first = await openIdentity(store);
  expect((await openIdentity(store)).peer).toBe(first.peer);
  await expect(crypto.subtle.exportKey('pkcs8', kept!.privateKey)).rejects.toThrow();
});

test('a room’s code is read however it is typed, and a slip is noticed', async () => {
  expect(room.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}$/);
  const spellings = [
    room.code,
    room.code.toLowerCase(),
    room.code.replaceAll('-', ' '),
    `chrome-extension://abc/src/popup/index.html#join=${room.code}`,
  ];
  for (const spelling of spellings)
    expect(await parseRoomCode(spelling), spelling).toEqual(new Uint8Array(SECRET_BYTES).fill(7));
  for (const wrong of ['', 'ABC', room.code.slice(1), `${room.code}7`, room.code.replace(/.$/, '*')])
    expect(await parseRoomCode(wrong), wrong).toBeUndefined();
});

test('the name that a server sees tells nothing of the code', async () => {
  expect(room.id).toMatch(/^[0-9a-f]{32}$/);
  expect(otherRoom.id).not.toBe(room.id);
  expect(await parseRoomCode(room.id.slice(0, 20))).toBeUndefined();
});

/** Another character in the middle, where every bit counts. */
function flip(text: string): string {
  return text.slice(0, 5) + (text[5] === 'A' ? 'B' : 'A') + text.slice(6);
}
