import { byteOfToken } from './byte-tokens.ts';
import { cleanSpaces } from './clean-spaces.ts';
import { type Piece, type SpecialCutter, unguarded } from './special-cutter.ts';
import { type DecodeOptions, TokenDecoder } from './token-decoder.ts';
import type { TokenKind, Vocabulary } from './vocabulary.ts';

export type AddedSpace = 'never' | 'at-start' | 'at-start-and-after-specials';

/** One way to make tokens of text, such as SentencePiece, byte-level BPE or WordPiece. */
export interface Scheme {
  /** Where encoding puts a space that was not in the text, so that decoding takes it away. */
  readonly addsSpace: AddedSpace;
  /** Appends the tokens of `text`; `isFirst` if it begins the prompt or follows a special token. */
  encode(text: string, isFirst: boolean, out: number[]): void;
  /** What a normal token stands for, in UTF-8; not always whole characters. */
  bytes(tokenText: string): Uint8Array;
}

export interface EncodeOptions {
  /** Puts BOS and EOS (or CLS and SEP) where the model wants them. */
  addSpecial?: boolean;
  /** The texts of control tokens become those tokens. Not for text that a stranger wrote. */
  parseSpecial?: boolean;
  /** Parts of the text have been through `guard`. */
  isGuarded?: boolean;
}

interface TokenizerParts {
  vocabulary: Vocabulary;
  scheme: Scheme;
  cutter: SpecialCutter;
  addBos: boolean;
  addEos: boolean;
  /** What `addSpecial` puts at the end: EOS, or SEP. */
  last: number | undefined;
  cleansSpaces: boolean;
}

/** Text to tokens and back, as the model's file says. Ids that are no tokens decode to nothing. */
export class Tokenizer {
  /** Whether a prompt begins with BOS and ends with EOS where `addSpecial` is asked for. */
  readonly addBos: boolean;
  readonly addEos: boolean;
  /** Characters of text that one token stands for at most. */
  readonly longestToken: number;
  private readonly utf8 = new TextEncoder();

  constructor(private readonly parts: TokenizerParts) {
    this.longestToken = parts.vocabulary.texts.reduce((most, { length }) => Math.max(most, length), 0);
    this.addBos = parts.addBos;
    this.addEos = parts.addEos;
  }

  get size(): number {
    return this.parts.vocabulary.texts.length;
  }

  get bosId(): number | undefined {
    return this.parts.vocabulary.roles.bos;
  }

  get eosId(): number | undefined {
    return this.parts.vocabulary.roles.eos;
  }

  /** Ends a turn of a chat. */
  get eotId(): number | undefined {
    return this.parts.vocabulary.roles.eot;
  }

  /** Tokens after which an answer is over: EOS, the end of a turn, and their like. */
  get endIds(): ReadonlySet<number> {
    return this.parts.vocabulary.endIds;
  }

  get addsSpace(): AddedSpace {
    return this.parts.scheme.addsSpace;
  }

  encode(
    text: string,
    { addSpecial = false, parseSpecial = false, isGuarded = false }: EncodeOptions = {},
  ): number[] {
    const { scheme, cutter, last } = this.parts;
    const ids: number[] = [];
    if (addSpecial && this.addBos && this.bosId !== undefined) ids.push(this.bosId);
    let previous: Piece | undefined;
    // A lone surrogate has no UTF-8
    for (const piece of cutter.cut(text.toWellFormed(), parseSpecial)) {
      if (typeof piece === 'number') ids.push(piece);
      else scheme.encode(isGuarded ? unguarded(piece) : piece, typeof previous !== 'string', ids);
      previous = piece;
    }
    if (addSpecial && this.addEos && last !== undefined) ids.push(last);
    return ids;
  }

  /**
   * For text that a stranger wrote and that is to stand in a text of ours: no control token is read from it when
   * the whole is encoded with `parseSpecial` and `isGuarded`. Any other text stays as it is.
   */
  guard(text: string): string {
    return this.parts.cutter.guard(text);
  }

  decode(ids: Iterable<number>, options?: DecodeOptions): string {
    const decoder = this.decoder(options);
    const parts: string[] = [];
    for (const id of ids) parts.push(decoder.push(id));
    parts.push(decoder.end());
    const text = parts.join('');
    return this.parts.cleansSpaces ? cleanSpaces(text) : text;
  }

  /** For tokens as they come. */
  decoder(options?: DecodeOptions): TokenDecoder {
    return new TokenDecoder(this, options);
  }

  /** The id of the token with exactly this text, as in the file. */
  idOf(tokenText: string): number | undefined {
    return this.parts.vocabulary.ids.get(tokenText);
  }

  kind(id: number): TokenKind {
    return this.parts.vocabulary.kinds[id] ?? 'undefined';
  }

  /** The token's text as the file has it. */
  tokenText(id: number): string {
    return this.parts.vocabulary.texts[id] ?? '';
  }

  /** What the token stands for. Control tokens stand for their texts. */
  tokenBytes(id: number): Uint8Array {
    const text = this.tokenText(id);
    switch (this.kind(id)) {
      case 'normal':
        return this.parts.scheme.bytes(text);
      case 'byte':
        return Uint8Array.of(byteOfToken(text) ?? 0);
      case 'undefined':
      case 'unused':
        return new Uint8Array(0);
      default:
        return this.utf8.encode(text);
    }
  }
}
