import type { Bytes } from './bytes.ts';

export const FINGERPRINT_BYTES = 32;

/**
 * The SHA-256 of the certificate that an SDP names (RFC 8122 §5). The browser refuses a DTLS connection whose
 * certificate is another, so whoever binds a proof to both fingerprints has bound it to the connection.
 */
export function fingerprintOf(sdp: string): Bytes | undefined {
  const [, hex] = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\r?$/im.exec(sdp) ?? [];
  return hex ? Uint8Array.from(hex.split(':'), (byte) => Number.parseInt(byte, 16)) : undefined;
}
