import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, sha256, toBase64Url } from './bytes.ts';

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Who this installation is: a key that never leaves the browser's key store, and what others know it by. */
export interface Identity {
  readonly peer: PeerId;
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
  /** Ed25519 (RFC 8032). */
  sign(bytes: Bytes): Promise<Bytes>;
}

/** Where a key pair lies. What is put there is a `CryptoKey`, so that even its owner cannot read it. */
export interface KeyStore {
  get(): Promise<CryptoKeyPair | undefined>;
  put(pair: CryptoKeyPair): Promise<void>;
}

/** The installation's own, made when first asked for. */
export async function openIdentity(store: KeyStore): Promise<Identity> {
  const kept = await store.get();
  if (kept) return identityOf(kept);
  const pair = await newKeyPair();
  await store.put(pair);
  return identityOf(pair);
}

/** The private key is not extractable; a public one always is. */
export async function newKeyPair(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
}

export async function identityOf({ publicKey, privateKey }: CryptoKeyPair): Promise<Identity> {
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  return identityFrom({ peer: await peerIdOf(raw), publicKey: raw, privateKey });
}

/** In another context of this installation, where its key has been handed over: nobody can read it there either. */
export function identityFrom(keys: Omit<Identity, 'sign'>): Identity {
  const { privateKey } = keys;
  return {
    ...keys,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, bytes)),
  };
}

export async function peerIdOf(publicKey: Bytes): Promise<PeerId> {
  return toBase64Url(await sha256(publicKey)) as PeerId;
}

/** False for a key that is none, too. */
export async function isSignedBy(publicKey: Bytes, bytes: Bytes, signature: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, bytes);
  } catch {
    return false;
  }
}
