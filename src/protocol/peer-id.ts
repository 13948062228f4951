/** The hash of a machine's public key, in base64url: what every other machine knows it by. */
export type PeerId = string & { readonly brand: 'PeerId' };

/** SHA-256 in base64url without padding. */
export const PEER_ID_CHARS = 43;

export function isPeerId(value: unknown): value is PeerId {
  return typeof value === 'string' && value.length === PEER_ID_CHARS && /^[\w-]*$/.test(value);
}
