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
  private isFirst: boolean;

  constructor(
    private readonly tokenizer: Tokenizer,
    { previous, showSpecial = false }: DecodeOptions = {},
  ) {
    this.showSpecial = showSpecial;
    this.isFirst = previous === undefined || this.isSpecial(previous);
  }

  push(id: number): string {
    const kind = this.tokenizer.kind(id);
    const isHidden = !this.showSpecial && (kind === 'control' || kind === 'unknown');
    let bytes = isHidden ? new Uint8Array(0) : this.tokenizer.tokenBytes(id);
    if (this.isFirst && kind === 'normal' && this.tokenizer.addsSpace && bytes[0] === 0x20)
      bytes = bytes.subarray(1);
    this.isFirst = this.isSpecial(id);
    return this.utf8.decode(bytes, { stream: true });
  }

  /** What was still waiting: U+FFFD for a character that never became whole. */
  end(): string {
    return this.utf8.decode();
  }

  private isSpecial(id: number): boolean {
    const kind = this.tokenizer.kind(id);
    return kind === 'control' || kind === 'user';
  }
}
