import { HearthError } from '../../protocol/errors.ts';
import type { Manifest, ManifestPiece } from './manifest.ts';
import type { PieceStore } from './piece-loader.ts';

/** A model's file as far as its pieces lie here. */
export interface PieceSource {
  readonly size: number;
  /** Where they are several. */
  readonly partSizes: readonly number[] | undefined;
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads what a stage needs out of the pieces that were fetched for it; fails with `gone` where one is missing. Of the
 * header alone (`isHeader`) more is read than it has, and nobody looks at what comes behind it: zeros.
 */
export function pieceSource(
  { partBytes, pieces }: Manifest,
  store: Pick<PieceStore, 'read'>,
  isHeader = false,
): PieceSource {
  const known = isHeader ? pieces.filter((piece) => piece.isHeader) : pieces;
  return {
    size: partBytes.reduce((sum, bytes) => sum + bytes, 0),
    partSizes: partBytes.length > 1 ? partBytes : undefined,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let covered = 0;
      for (let i = firstAt(known, offset); i < known.length; i++) {
        const piece = known[i]!;
        const from = Math.max(offset, piece.offset);
        const end = Math.min(offset + length, piece.offset + piece.bytes);
        if (piece.offset >= offset + length) break;
        const part = await store.read(piece.sha256, from - piece.offset, end - from);
        if (part?.length !== end - from) throw missing();
        bytes.set(part, from - offset);
        covered += end - from;
      }
      // Padding between tensors is in no piece, and is not read
      if (!isHeader && covered !== length) throw missing();
      return bytes;
    },
  };
}

/** The first piece that ends behind `offset`. */
function firstAt(pieces: readonly ManifestPiece[], offset: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offset: start, bytes } = pieces[middle]!;
    if (start + bytes <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function missing(): HearthError {
  return new HearthError(
    'gone',
    'A piece of the model is not on this machine any more. Ask again: it will be fetched anew.',
  );
}
