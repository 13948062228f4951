import { HearthError } from '../../protocol/errors.ts';
import { type Bytes, toBase64Url } from '../identity/bytes.ts';
import { SECRET_BYTES } from '../identity/room.ts';
import { type Description, packDescription, unpackDescription } from './binary-description.ts';

/**
 * The two texts by which machines meet without any server, each short enough for one small QR code. The invitation
 * carries the room's secret too; the reply needs none, since its maker proves that it knows it.
 *
 *   `hearth:` base64url of │ version u8 │ secret 12, in an invitation │ description │
 */
const PREFIX = 'hearth:';
const VERSION = 1;
const MAX_CHARS = 600;

export interface Invitation {
  secret: Bytes;
  offer: Description;
}

export function writeInvitation({ secret, offer }: Invitation): string {
  return write(secret, packDescription(offer));
}

export function writeReply(answer: Description): string {
  return write(packDescription(answer));
}

export function readInvitation(text: string): Invitation {
  const bytes = read(text, 'invitation');
  const offer = describe(bytes.slice(SECRET_BYTES), 'offer', 'invitation');
  return { secret: bytes.slice(0, SECRET_BYTES), offer };
}

export function readReply(text: string): Description {
  return describe(read(text, 'reply'), 'answer', 'reply');
}

export function isInvitationOrReply(text: string): boolean {
  return text.trim().toLowerCase().startsWith(PREFIX);
}

function write(...parts: Bytes[]): string {
  return PREFIX + toBase64Url(Uint8Array.from([VERSION, ...parts.flatMap((part) => [...part])]));
}

function read(text: string, what: string): Bytes {
  // Mail and messengers break long lines
  const packed = text.replace(/\s/g, '');
  const base64 = packed.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
  if (!isInvitationOrReply(packed) || packed.length > MAX_CHARS || !/^[\w+/]+$/.test(base64))
    throw notOne(what);
  let binary: string;
  try {
    binary = atob(base64);
  } catch (cause) {
    throw notOne(what, cause);
  }
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  if (bytes[0] !== VERSION)
    throw new HearthError('bad-input', `This ${what} is of another version. Update Hearth on both machines.`);
  return bytes.slice(1);
}

function describe(bytes: Bytes, type: Description['type'], what: string): Description {
  try {
    const description = unpackDescription(bytes);
    if (description.type === type) return description;
  } catch (cause) {
    throw notOne(what, cause);
  }
  throw notOne(what);
}

function notOne(what: string, cause?: unknown): HearthError {
  const other =
    what === 'reply' ? 'the text that the new machine shows' : 'all of the text that the other machine shows';
  return new HearthError('bad-input', `This is no ${what}. Paste ${other}, from “${PREFIX}” to its end.`, {
    cause,
  });
}
