import { type Bytes, sha256, toHex, utf8 } from './bytes.ts';

/**
 * A room is a secret of 96 bits, written as twenty characters: `K7Q2M-…`. Whoever has the code may join. A signalling
 * server sees `id` alone, from which the secret cannot be found; members prove to each other that they have it.
 */
export interface Room {
  /** As people read it. */
  readonly code: string;
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** HMAC-SHA-256 under a key that only members can make. */
  mac(bytes: Bytes): Promise<Bytes>;
  isMac(bytes: Bytes, mac: Bytes): Promise<boolean>;
}

export const SECRET_BYTES = 12;
export const MAC_BYTES = 32;
/** Crockford's: no I, L, O, U, so that nothing is mistaken when it is read out. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARS = 20;
const GROUP = 5;

export async function openRoom(secret: Bytes): Promise<Room> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const derivation = (info: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: utf8(info),
  });
  const id = new Uint8Array(await crypto.subtle.deriveBits(derivation('hearth room id'), material, 128));
  const key = await crypto.subtle.deriveKey(
    derivation('hearth room proof'),
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  );
  return {
    code: await codeOf(secret),
    id: toHex(id),
    mac: async (bytes) => new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes)),
    isMac: (bytes, mac) => crypto.subtle.verify('HMAC', key, mac, bytes),
  };
}

/** 96 bits of secret and four that notice a slip. */
async function codeOf(secret: Bytes): Promise<string> {
  const check = (await sha256(secret))[0]! >> 4;
  let bits = (BigInt(`0x${toHex(secret)}`) << 4n) | BigInt(check);
  let code = '';
  for (let i = 0; i < CODE_CHARS; i++) {
    code = DIGITS[Number(bits & 31n)] + code;
    bits >>= 5n;
  }
  return code.match(new RegExp(`.{${GROUP}}`, 'g'))!.join('-');
}

/** The secret of a code as somebody typed or pasted it, in a link or alone; undefined if it is none. */
export async function parseRoomCode(text: string): Promise<Bytes | undefined> {
  const typed = text.slice(text.lastIndexOf('=') + 1).toUpperCase();
  const code = typed.replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (code.length !== CODE_CHARS || [...code].some((char) => !DIGITS.includes(char))) return undefined;
  const bits = [...code].reduce((sum, char) => (sum << 5n) | BigInt(DIGITS.indexOf(char)), 0n);
  const secret = new Uint8Array(SECRET_BYTES);
  for (let i = 0; i < SECRET_BYTES; i++)
    secret[i] = Number((bits >> BigInt(4 + 8 * (SECRET_BYTES - 1 - i))) & 255n);
  return (await sha256(secret))[0]! >> 4 === Number(bits & 15n) ? secret : undefined;
}
