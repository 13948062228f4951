import { HearthError } from '../../protocol/errors.ts';
import type { ModelMap, Piece } from '../../protocol/stage.ts';
import { MAX_MANIFEST_BYTES, MAX_PARTS, MAX_PIECE_BYTES, MAX_PIECES } from '../limits.ts';
import { checked, decode, encode, flag, hex, list, record, u32, u53 } from '../messages/codec.ts';
import { allPieces } from './pieces-of.ts';

/**
 * What a model's file is made of. A room calls the model by the SHA-256 of these bytes: whoever has them, wherever they
 * came from, knows the hash of every piece, and nobody's word has to be taken for any.
 */
export interface Manifest {
  /** SHA-256 of the manifest's bytes, in hex. */
  model: string;
  /** Bytes of the manifest itself. */
  manifestBytes: number;
  /** Of each of the model's files, one behind the other. */
  partBytes: readonly number[];
  /** All of them, in the file's order: a piece's place here is its number in heartbeats. */
  pieces: readonly ManifestPiece[];
}

export interface ManifestPiece extends Piece {
  /** It says what lies where in the file. */
  isHeader: boolean;
}

type Listed = Pick<Manifest, 'partBytes' | 'pieces'>;

const piece = checked(
  record<ManifestPiece>({ offset: u53, bytes: u32, sha256: hex(32), isHeader: flag }),
  ({ bytes }) => bytes > 0 && bytes <= MAX_PIECE_BYTES,
  'a piece has no size that a piece may have',
);
const listed = checked(
  record<Listed>({ partBytes: list(u53, MAX_PARTS), pieces: list(piece, MAX_PIECES) }),
  ({ partBytes, pieces }) =>
    pieces.every(({ offset }, i) => i === 0 || endOf(pieces[i - 1]!) <= offset) &&
    pieces.length > 0 &&
    endOf(pieces.at(-1)!) <= partBytes.reduce((sum, bytes) => sum + bytes, 0),
  'the pieces of a model lie over each other or past its end',
);

export interface ManifestSource {
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** In hex. */
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

/** Reads the whole file once. */
export async function makeManifest(
  map: ModelMap,
  partBytes: readonly number[],
  { read, sha256 }: ManifestSource,
): Promise<Uint8Array<ArrayBuffer>> {
  const headers = new Set(map.header.map(({ offset }) => offset));
  const pieces: ManifestPiece[] = [];
  for (const { offset, bytes } of allPieces(map))
    pieces.push({
      offset,
      bytes,
      sha256: await sha256(await read(offset, bytes)),
      isHeader: headers.has(offset),
    });
  const made = encode(listed, { partBytes: [...partBytes], pieces });
  if (made.length <= MAX_MANIFEST_BYTES) return made;
  throw new HearthError(
    'not-supported',
    `The model has ${pieces.length} pieces, too many for a room. Choose a smaller one.`,
  );
}

/** Bytes whose SHA-256 has been found to be `model`. Fails with `bad-input` for whatever `makeManifest` could not have made. */
export function parseManifest(model: string, bytes: Uint8Array<ArrayBuffer>): Manifest {
  return { model, manifestBytes: bytes.length, ...decode(listed, bytes) };
}

function endOf({ offset, bytes }: Piece): number {
  return offset + bytes;
}
