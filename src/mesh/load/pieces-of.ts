import type { ModelMap, Piece, StageSpan } from '../../protocol/stage.ts';

/** Every piece of a model's file, each once, in the file's order. */
export function allPieces({ header, common, embedding, layers, head }: ModelMap): Piece[] {
  const pieces = new Map(
    [...header, ...common, ...embedding, ...layers.flat(), ...head].map((piece) => [piece.offset, piece]),
  );
  return [...pieces.values()].sort((a, b) => a.offset - b.offset);
}

/** Exactly what a stage reads. */
export function piecesOf({ header, common, embedding, layers, head }: ModelMap, span: StageSpan): Piece[] {
  const wanted = [
    ...header,
    ...common,
    ...(span.embeds ? embedding : []),
    ...layers.slice(span.first, span.end).flat(),
    ...(span.samples ? head : []),
  ];
  return [...new Map(wanted.map((piece) => [piece.offset, piece])).values()];
}

/** One bit for each of a model's pieces, in the order of its manifest: those that are held. */
export function toBits(pieces: readonly Piece[], isHeld: (piece: Piece) => boolean): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(pieces.length / 8));
  for (const [i, piece] of pieces.entries()) if (isHeld(piece)) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** Offsets of the pieces whose bit is set; a machine may say more than there is. */
export function fromBits(pieces: readonly Piece[], bits: Uint8Array): Set<number> {
  const held = pieces.filter((_, i) => ((bits[i >> 3] ?? 0) >> (i & 7)) & 1);
  return new Set(held.map(({ offset }) => offset));
}
