import type { Tokenizer } from './tokenizer.ts';

export interface DecodeOptions {
  /** The token before the first: a text that follows another text keeps its first space. */
  previous?: number;
  /** Control tokens appear by their texts; else they do not appear. */
  showSpecial?: boolean;
}

/**
 * Tokens to text as they come. What `push` returns is final: a character whose last bytes are yet to come waits
 * for them. Spaces that encoding has put before a text are taken away again.
 */
export class TokenDecoder {
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly showSpecial: boolean;
  /** True if a text that comes now would begin with a space that encoding has added. */
  private hasAddedSpace: boolean;

  constructor(
    private readonly tokenizer: Tokenizer,
    { previous, showSpecial = false }: DecodeOptions = {},
  ) {
    this.showSpecial = showSpecial;
    this.hasAddedSpace = previous === undefined && tokenizer.addsSpace !== 'never';
    if (previous !== undefined) this.pass(previous);
  }

  push(id: number): string {
    const kind = this.tokenizer.kind(id);
    const isHidden = !this.showSpecial && (kind === 'control' || kind === 'unknown');
    let bytes = isHidden ? new Uint8Array(0) : this.tokenizer.tokenBytes(id);
    if (this.hasAddedSpace && kind === 'normal' && bytes[0] === 0x20) bytes = bytes.subarray(1);
    this.pass(id);
    return this.utf8.decode(bytes, { stream: true });
  }

  /** What was still waiting: U+FFFD for a character that never became whole. */
  end(): string {
    return this.utf8.decode();
  }

  private pass(id: number): void {
    const kind = this.tokenizer.kind(id);
    if (kind !== 'control' && kind !== 'user') this.hasAddedSpace = false;
    else this.hasAddedSpace ||= this.tokenizer.addsSpace === 'at-start-and-after-specials';
  }
}
