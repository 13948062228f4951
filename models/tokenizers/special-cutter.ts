import type { Vocabulary } from './vocabulary.ts';

/** Pieces of text, and tokens that stood in it by their texts. */
export type Piece = string | number;

/** Breaks up the text of a control token. A noncharacter: Unicode keeps it out of texts that people exchange. */
const GUARD = '\u{fdd0}';

/**
 * Special tokens are cut out of a text before it is encoded: one token after the other, the longest first.
 * User-defined tokens always are; control tokens and the unknown token only if a text may name them.
 */
export class SpecialCutter {
  private readonly specials: readonly { id: number; text: string; isUser: boolean; stripsRight: boolean }[];

  /** `modelName` is the file's `general.name`: for one family only that tells the tokens' habits. */
  constructor({ texts, kinds }: Vocabulary, modelName: string) {
    const isPhi3 = /phi-?3/i.test(modelName);
    const utf8 = new TextEncoder();
    this.specials = texts
      .flatMap((text, id) => {
        const kind = kinds[id]!;
        if (kind !== 'control' && kind !== 'user' && kind !== 'unknown') return [];
        // Phi-3's specials swallow the white space after them, but for three
        const stripsRight = isPhi3 && !['<unk>', '<s>', '<|endoftext|>'].includes(text);
        return [{ id, text, isUser: kind === 'user', stripsRight, length: utf8.encode(text).length }];
      })
      .sort((a, b) => b.length - a.length);
  }

  cut(text: string, parseSpecial: boolean): Piece[] {
    let pieces: Piece[] = text === '' ? [] : [text];
    for (const { id, text: special, isUser, stripsRight } of this.specials) {
      if (!isUser && !parseSpecial) continue;
      if (!text.includes(special)) continue;
      pieces = pieces.flatMap((piece) =>
        typeof piece === 'number' ? piece : cutOut(piece, special, id, stripsRight),
      );
    }
    return pieces;
  }

  /**
   * The text with a mark within each control token's text, so that `cut` takes it for plain text. One character
   * cannot be marked: a file whose control tokens are that short gets them.
   */
  guard(text: string): string {
    let guarded = unguarded(text);
    for (const { text: special, isUser } of this.specials) {
      if (isUser || !guarded.includes(special)) continue;
      const [first, ...rest] = special;
      if (rest.length === 0 || special.includes(GUARD)) continue;
      const broken = first + GUARD + rest.join('');
      // Again where one had begun within another
      while (guarded.includes(special)) guarded = guarded.replaceAll(special, () => broken);
    }
    return guarded;
  }
}

/** The text without the marks that `SpecialCutter.guard` makes. */
export function unguarded(text: string): string {
  return text.replaceAll(GUARD, '');
}

function cutOut(text: string, special: string, id: number, stripsRight: boolean): Piece[] {
  const [first, ...rest] = text.split(special);
  const pieces: Piece[] = first === '' ? [] : [first!];
  for (const part of rest) {
    pieces.push(id);
    const kept = stripsRight ? part.replace(/^[ \t\n\v\f\r]+/, '') : part;
    if (kept !== '') pieces.push(kept);
  }
  return pieces;
}
