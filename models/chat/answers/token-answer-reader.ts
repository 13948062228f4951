import type { Tokenizer } from '../../tokenizers/index.ts';
import type { AnswerFormat, AnswerPart, AnswerReader, ReaderOptions } from './part.ts';

/** Reads an answer token by token. Control tokens are shown to the format only where they are marks of its own. */
export class TokenAnswerReader {
  private readonly reader: AnswerReader;
  private readonly decoder;

  constructor(
    private readonly format: AnswerFormat,
    private readonly tokenizer: Tokenizer,
    options: ReaderOptions & { previous?: number } = {},
  ) {
    this.reader = format.newReader(options);
    this.decoder = tokenizer.decoder({ previous: options.previous, showSpecial: true });
  }

  push(id: number): AnswerPart[] {
    const text = this.tokenizer.tokenText(id);
    const kind = this.tokenizer.kind(id);
    const isHidden = kind === 'unknown' || (kind === 'control' && !this.isMark(text));
    return isHidden ? [] : this.reader.push(this.decoder.push(id));
  }

  end(): AnswerPart[] {
    return [...this.reader.push(this.decoder.end()), ...this.reader.end()];
  }

  private isMark(text: string): boolean {
    return this.format.marks.some((mark) => mark.includes(text));
  }
}
