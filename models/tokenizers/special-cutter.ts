import type { Metadata } from '../gguf/metadata.ts';
import { readStripping, type Stripping } from './stripping.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Pieces of text, and tokens that stood in it by their texts. */
export type Piece = string | number;

interface Special {
  readonly id: number;
  readonly text: string;
  readonly isUser: boolean;
  readonly strips: Stripping;
}

/** Breaks up the text of a control token. A noncharacter: Unicode keeps it out of texts that people exchange. */
const GUARD = '\u{fdd0}';

/**
 * Special tokens are cut out of a text before it is encoded: one token after the other, the longest first.
 * User-defined tokens always are; control tokens and the unknown token only if a text may name them.
 */
export class SpecialCutter {
  private readonly specials: readonly Special[];

  constructor({ texts, kinds }: Vocabulary, metadata: Metadata) {
    const stripping = readStripping(metadata);
    const utf8 = new TextEncoder();
    this.specials = texts
      .flatMap((text, id) => {
        const kind = kinds[id]!;
        if (kind !== 'control' && kind !== 'user' && kind !== 'unknown') return [];
        return [
          { id, text, isUser: kind === 'user', strips: stripping(text), length: utf8.encode(text).length },
        ];
      })
      .sort((a, b) => b.length - a.length);
  }

  cut(text: string, parseSpecial: boolean): Piece[] {
    let pieces: Piece[] = text === '' ? [] : [text];
    for (const special of this.specials) {
      if (!special.isUser && !parseSpecial) continue;
      if (!text.includes(special.text)) continue;
      pieces = pieces.flatMap((piece) => (typeof piece === 'number' ? piece : cutOut(piece, special)));
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

function cutOut(text: string, { id, text: special, strips }: Special): Piece[] {
  const pieces: Piece[] = [];
  let rest = 0;
  for (let at = text.indexOf(special); at >= 0; at = text.indexOf(special, rest)) {
    const before = text.slice(rest, at);
    const kept = strips.left ? trimEnd(before) : before;
    if (kept !== '') pieces.push(kept);
    pieces.push(id);
    rest = at + special.length;
    // What is swallowed can be no token any more
    while (strips.right && rest < text.length && isSpace(text[rest]!)) rest++;
  }
  if (rest < text.length) pieces.push(text.slice(rest));
  return pieces;
}

function isSpace(char: string): boolean {
  return ' \t\n\v\f\r'.includes(char);
}

/** Without its last white space. An expression for it would look from every space of a run. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1]!)) end--;
  return text.slice(0, end);
}
