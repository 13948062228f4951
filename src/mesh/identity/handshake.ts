import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, framed, fromBase64Url, sha256, toBase64Url, utf8 } from './bytes.ts';
import { type Identity, isSignedBy, PUBLIC_KEY_BYTES, peerIdOf, SIGNATURE_BYTES } from './identity.ts';
import { MAC_BYTES, type Room } from './room.ts';

/**
 * How two machines prove to each other who they are and that they know the room, over a connection that anybody may
 * have made:
 *
 *   caller ── hello  {version, key, life, commit} ──▶ callee     commit = SHA-256 of the nonce that is shown later
 *   caller ◀─ hello  {version, key, life, nonce} ──── callee
 *   caller ── proof  {nonce, signature, mac} ───────▶ callee     the callee shows nothing of the room before this
 *   caller ◀─ proof  {signature, mac} ─────────────── callee
 *
 * Both sign, and authenticate under the room's secret, the same transcript: version, room, keys, lives, nonces and the
 * fingerprints of both certificates as each side sees them. Who sits in the middle has certificates of their own, so the
 * two transcripts differ. The commitment lets nobody choose a nonce after having seen the other, so that six digits of
 * the transcript are worth comparing.
 */
export const HANDSHAKE_VERSION = 1;
const NONCE_BYTES = 16;
const COMMIT_BYTES = 32;

/** Messages of one connection, in order. What comes in is a stranger's word. */
export interface Talk {
  send(message: object): void;
  receive(): Promise<unknown>;
}

export interface HandshakeInput {
  isCaller: boolean;
  identity: Identity;
  /** Grows with each start of this machine. */
  life: number;
  room: Room;
  /** Of the certificates of both ends, as their SDPs say. */
  fingerprints: { own: Bytes; theirs: Bytes };
  /** Only this peer will do; anybody of the room if undefined. */
  expected: PeerId | undefined;
  /** Not even a proof is looked at. */
  isRefused(peer: PeerId): boolean;
  random(bytes: number): Bytes;
}

export interface Proven {
  peer: PeerId;
  publicKey: Bytes;
  life: number;
  /** Six digits that both screens show; they differ if somebody sits in the middle. */
  digits: string;
  /** 32 bits of the transcript: the link's epoch. */
  epoch: number;
}

interface Hello {
  publicKey: Bytes;
  peer: PeerId;
  life: number;
}

/** Resolves once both sides are proven; rejects with `not-allowed` and a sentence that says what was wrong. */
export async function shakeHands(talk: Talk, input: HandshakeInput): Promise<Proven> {
  const { isCaller, identity, life, random } = input;
  const ownNonce = random(NONCE_BYTES);
  const hello = { version: HANDSHAKE_VERSION, key: toBase64Url(identity.publicKey), life };

  if (isCaller) {
    const commit = await sha256(ownNonce);
    talk.send({ ...hello, commit: toBase64Url(commit) });
    const answer = record(await talk.receive());
    const them = await parseHello(answer, input);
    const theirNonce = bytesOf(answer.nonce, NONCE_BYTES, 'nonce');
    const transcript = transcriptOf(input, them, ownNonce, theirNonce);
    talk.send({ nonce: toBase64Url(ownNonce), ...(await prove(input, transcript, 'caller')) });
    await check(record(await talk.receive()), input, them, transcript, 'callee');
    return proven(them, transcript);
  }

  const call = record(await talk.receive());
  const them = await parseHello(call, input);
  const commit = bytesOf(call.commit, COMMIT_BYTES, 'commitment');
  talk.send({ ...hello, nonce: toBase64Url(ownNonce) });
  const proof = record(await talk.receive());
  const theirNonce = bytesOf(proof.nonce, NONCE_BYTES, 'nonce');
  if (!isSame(await sha256(theirNonce), commit)) throw refused('Its nonce is not the one it had promised.');
  const transcript = transcriptOf(input, them, theirNonce, ownNonce);
  await check(proof, input, them, transcript, 'caller');
  talk.send(await prove(input, transcript, 'callee'));
  return proven(them, transcript);
}

async function parseHello(hello: Record<string, unknown>, input: HandshakeInput): Promise<Hello> {
  if (hello.version !== HANDSHAKE_VERSION)
    throw refused('It speaks another version of the mesh. Update Hearth on both machines.');
  const publicKey = bytesOf(hello.key, PUBLIC_KEY_BYTES, 'key');
  const { life } = hello;
  if (typeof life !== 'number' || !Number.isSafeInteger(life) || life < 0)
    throw refused('Its life is no number.');
  const peer = await peerIdOf(publicKey);
  // Its own key comes back from a mirror
  if (peer === input.identity.peer) throw refused('It claims to be this machine.');
  if (input.expected !== undefined && peer !== input.expected)
    throw refused('It is not the machine that was to be reached.');
  if (input.isRefused(peer)) throw refused('It was banned from here.');
  return { publicKey, peer, life };
}

function transcriptOf(
  { isCaller, identity, life, room, fingerprints }: HandshakeInput,
  them: Hello,
  callerNonce: Bytes,
  calleeNonce: Bytes,
): Bytes {
  const us = { publicKey: identity.publicKey, life, fingerprint: fingerprints.own };
  const other = { publicKey: them.publicKey, life: them.life, fingerprint: fingerprints.theirs };
  const [caller, callee] = isCaller ? [us, other] : [other, us];
  return framed(
    utf8(`hearth handshake ${HANDSHAKE_VERSION}`),
    utf8(room.id),
    caller.publicKey,
    callee.publicKey,
    utf8(String(caller.life)),
    utf8(String(callee.life)),
    callerNonce,
    calleeNonce,
    caller.fingerprint,
    callee.fingerprint,
  );
}

type Role = 'caller' | 'callee';

/** The role is part of what is signed, so that a proof cannot be sent back to its maker. */
async function prove({ identity, room }: HandshakeInput, transcript: Bytes, role: Role) {
  const said = framed(utf8(role), transcript);
  return {
    signature: toBase64Url(await identity.sign(said)),
    mac: toBase64Url(await room.mac(said)),
  };
}

async function check(
  proof: Record<string, unknown>,
  { room }: HandshakeInput,
  { publicKey }: Hello,
  transcript: Bytes,
  role: Role,
): Promise<void> {
  const said = framed(utf8(role), transcript);
  if (!(await room.isMac(said, bytesOf(proof.mac, MAC_BYTES, 'proof of the room'))))
    throw refused('It does not know this room, or somebody sits between the two machines.');
  if (!(await isSignedBy(publicKey, said, bytesOf(proof.signature, SIGNATURE_BYTES, 'signature'))))
    throw refused('Its signature is not that of its key.');
}

async function proven({ peer, publicKey, life }: Hello, transcript: Bytes): Promise<Proven> {
  const view = new DataView((await sha256(framed(utf8('digits'), transcript))).buffer);
  const digits = String(view.getUint32(0) % 1_000_000).padStart(6, '0');
  return { peer, publicKey, life, digits, epoch: view.getUint32(4) };
}

function record(message: unknown): Record<string, unknown> {
  if (typeof message === 'object' && message !== null) return message as Record<string, unknown>;
  throw refused('It did not introduce itself.');
}

function bytesOf(text: unknown, length: number, what: string): Bytes {
  const bytes = fromBase64Url(text, length);
  if (!bytes) throw refused(`Its ${what} is not ${length} bytes.`);
  return bytes;
}

/** In constant time, out of habit: what is compared here is no secret. */
function isSame(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.reduce((sum, byte, i) => sum | (byte ^ b[i]!), 0) === 0;
}

function refused(why: string): HearthError {
  return new HearthError('not-allowed', `The other machine was refused. ${why}`);
}
