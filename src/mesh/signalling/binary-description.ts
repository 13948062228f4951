import { HearthError } from '../../protocol/errors.ts';
import { fingerprintOf, FINGERPRINT_BYTES } from '../identity/fingerprint.ts';

/**
 * What of an offer or answer for data channels is not the same every time, in about seventy bytes:
 *
 *   ┌──────┬───────┬──────┬──────┬──────┬─────────────┬───┬──────────────────────────────────────
 *   │ role │ n     │ name │ n    │ pwd  │ fingerprint │ n │ n × (family 4 | 6 | 0, address, port)
 *   │ u8   │ u8    │ n    │ u8   │ n    │ 32          │u8 │      u8                4 | 16     u16
 *   └──────┴───────┴──────┴──────┴──────┴─────────────┴───┴──────────────────────────────────────
 *
 * Name and password are ICE's (RFC 8839 §5.4); family 0 is a name under `.local`, whose 16 bytes are a UUID. Both sides
 * rebuild a whole SDP from it.
 */
export interface Description {
  type: 'offer' | 'answer';
  sdp: string;
}

export type DescriptionBytes = Uint8Array<ArrayBuffer>;

interface Candidate {
  address: string;
  port: number;
}

/** More do not fit a code that a camera reads at once, and a machine seldom has more networks that lead anywhere. */
const MAX_CANDIDATES = 6;
const ROLES = ['offer', 'answer'] as const;
/** RFC 8839 §5.4: letters, digits, plus and slash. */
const ICE_CHARS = /^[A-Za-z0-9+/]*$/;
const UUID_NAME = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\.local$/i;

export function packDescription({ type, sdp }: Description): DescriptionBytes {
  const fingerprint = fingerprintOf(sdp);
  const name = attribute(sdp, 'ice-ufrag');
  const password = attribute(sdp, 'ice-pwd');
  if (!fingerprint || !name || !password)
    throw new HearthError('internal', 'The browser made a description that lacks what a connection needs.');
  const chosen = candidatesOf(sdp)
    .map(packCandidate)
    .filter((candidate) => candidate !== undefined)
    .slice(0, MAX_CANDIDATES);
  return Uint8Array.from([
    ROLES.indexOf(type),
    ...packText(name),
    ...packText(password),
    ...fingerprint,
    chosen.length,
    ...chosen.flat(),
  ]);
}

/** A stranger's bytes as an SDP that a browser takes, or `bad-input`. */
export function unpackDescription(bytes: DescriptionBytes): Description {
  const reader = new Reader(bytes);
  const type = ROLES[reader.byte()];
  const name = reader.iceText(4, 32);
  const password = reader.iceText(22, 64);
  const fingerprint = reader.take(FINGERPRINT_BYTES);
  const count = reader.byte();
  if (!type || count > MAX_CANDIDATES) throw notOne();
  const candidates = Array.from({ length: count }, () => reader.candidate());
  if (!reader.isAtEnd) throw notOne();
  return { type, sdp: rebuild(type, name, password, fingerprint, candidates) };
}

function rebuild(
  type: Description['type'],
  name: string,
  password: string,
  fingerprint: Uint8Array,
  candidates: Candidate[],
): string {
  const hex = [...fingerprint].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
  // The earlier, the better: as the other browser ordered them (RFC 8445 §5.1.2.1, host candidates over UDP)
  const lines = candidates.map(
    ({ address, port }, i) =>
      `a=candidate:${i + 1} 1 udp ${(126 * 2 ** 24 + (65_535 - i) * 256 + 255) >>> 0} ${address} ${port} typ host`,
  );
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...lines,
    `a=ice-ufrag:${name}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${hex}`,
    `a=setup:${type === 'offer' ? 'actpass' : 'active'}`,
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n');
}

function attribute(sdp: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:([^\\r\\n]+)`, 'm').exec(sdp)?.[1];
}

/** Over UDP, of this machine or as a STUN server saw it; the best first. */
function candidatesOf(sdp: string): Candidate[] {
  const lines = sdp.matchAll(/^a=candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ (?:host|srflx)/gim);
  return [...lines]
    .map(([, priority, address, port]) => ({
      priority: Number(priority),
      address: address!,
      port: Number(port),
    }))
    .sort((a, b) => b.priority - a.priority);
}

function packText(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

function packCandidate({ address, port }: Candidate): number[] | undefined {
  const [, ...uuid] = UUID_NAME.exec(address) ?? [];
  const tail = [port >> 8, port & 255];
  if (uuid.length > 0) return [0, ...bytesOfHex(uuid.join('')), ...tail];
  if (/^\d+(\.\d+){3}$/.test(address)) return [4, ...address.split('.').map(Number), ...tail];
  const words = wordsOfIpv6(address);
  return words && [6, ...words.flatMap((word) => [word >> 8, word & 255]), ...tail];
}

function bytesOfHex(hex: string): number[] {
  return hex.match(/../g)!.map((byte) => Number.parseInt(byte, 16));
}

function wordsOfIpv6(address: string): number[] | undefined {
  const [head = '', tail] = address.split('::');
  const words = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail ?? '')];
  const gap = 8 - before.length - after.length;
  if (tail === undefined ? gap !== 0 : gap < 0) return undefined;
  const all = [...before, ...new Array<number>(Math.max(0, gap)).fill(0), ...after];
  return all.every((word) => word >= 0 && word <= 0xffff) ? all : undefined;
}

class Reader {
  #at = 0;
  constructor(private readonly bytes: DescriptionBytes) {}

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.bytes.length) throw notOne();
    return this.bytes.subarray(this.#at, (this.#at += count));
  }

  /** Nothing else may come into an SDP, whose lines mean something. */
  iceText(min: number, max: number): string {
    const length = this.byte();
    const text = String.fromCharCode(...this.take(length));
    if (length < min || length > max || !ICE_CHARS.test(text)) throw notOne();
    return text;
  }

  candidate(): Candidate {
    const family = this.byte();
    const bytes = family === 4 ? this.take(4) : family === 6 || family === 0 ? this.take(16) : undefined;
    if (!bytes) throw notOne();
    const [high, low] = this.take(2);
    return { address: addressOf(family, bytes), port: high! * 256 + low! };
  }
}

function addressOf(family: number, bytes: Uint8Array): string {
  if (family === 4) return bytes.join('.');
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (family === 6) return hex.match(/.{4}/g)!.join(':');
  return `${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}.local`;
}

function notOne(): HearthError {
  return new HearthError('bad-input', 'This is no description of a connection.');
}
