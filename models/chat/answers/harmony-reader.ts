import type { AnswerPart, AnswerReader } from './part.ts';

export const HARMONY_MARKS = [
  '<|start|>',
  '<|channel|>',
  '<|message|>',
  '<|constrain|>',
  '<|end|>',
  '<|call|>',
  '<|return|>',
] as const;
const MARK = /<\|(?:start|channel|message|constrain|end|call|return)\|>/;
const LONGEST_MARK = Math.max(...HARMONY_MARKS.map(({ length }) => length));
const MAX_HEADER_CHARS = 4096;

/**
 * Reads OpenAI's harmony format: messages, each with a header that names its channel and whom it is to.
 * `<|channel|>commentary to=functions.f <|constrain|>json<|message|>{…}<|call|>`
 * https://cookbook.openai.com/articles/openai-harmony
 */
export class HarmonyReader implements AnswerReader {
  private pending = '';
  /** Of the message that has begun but for its text; undefined within that text. */
  private header: string | undefined = '';
  private kind: 'text' | 'reasoning' | 'call' = 'text';
  private hasStarted = false;
  private calls = 0;
  private parts: AnswerPart[] = [];

  push(text: string): AnswerPart[] {
    this.pending += text;
    for (let found = MARK.exec(this.pending); found; found = MARK.exec(this.pending)) {
      this.write(this.pending.slice(0, found.index));
      this.pending = this.pending.slice(found.index + found[0].length);
      this.pass(found[0]);
    }
    this.write(this.pending.slice(0, this.pending.length - this.uncertain()));
    this.pending = this.pending.slice(this.pending.length - this.uncertain());
    return this.taken();
  }

  end(): AnswerPart[] {
    this.write(this.pending);
    this.pending = '';
    // An answer that is nothing but the beginning of a header
    if (this.header && !this.hasStarted) this.emit({ text: this.header });
    this.header = '';
    return this.taken();
  }

  private taken(): AnswerPart[] {
    const { parts } = this;
    this.parts = [];
    return parts;
  }

  /** How many of the last characters may be the beginning of a mark. */
  private uncertain(): number {
    for (let kept = Math.min(LONGEST_MARK - 1, this.pending.length); kept > 0; kept--) {
      const end = this.pending.slice(-kept);
      if (HARMONY_MARKS.some((mark) => mark.startsWith(end))) return kept;
    }
    return 0;
  }

  private pass(mark: string): void {
    if (mark === '<|message|>' && this.header !== undefined) this.begin(this.header);
    else if (mark === '<|channel|>' || mark === '<|constrain|>') this.write(mark);
    else if (mark !== '<|message|>') {
      this.header = '';
      this.hasStarted = true;
    }
  }

  private begin(header: string): void {
    this.header = undefined;
    this.hasStarted = true;
    const name = /to=(?:functions\.)?([\w.:/-]{1,256})/.exec(header)?.[1];
    if (name !== undefined) {
      this.kind = 'call';
      this.emit({ toolCall: { index: this.calls++, name, argumentsDelta: '' } });
    } else this.kind = /<\|channel\|>\s*analysis/.test(header) ? 'reasoning' : 'text';
  }

  private write(text: string): void {
    if (text === '') return;
    if (this.header !== undefined) this.writeHeader(this.header + text);
    else if (this.kind === 'call') this.emit({ toolCall: { index: this.calls - 1, argumentsDelta: text } });
    else this.emit(this.kind === 'reasoning' ? { reasoning: text } : { text });
  }

  private writeHeader(header: string): void {
    this.header = header;
    // An answer without a header, or a header that no model writes, is text
    const isText = !this.hasStarted && !/^\s*(?:<|t?$|to)/.test(header);
    if (!isText && header.length <= MAX_HEADER_CHARS) return;
    this.begin('');
    this.emit({ text: header });
  }

  private emit(part: AnswerPart): void {
    this.parts.push(part);
  }
}
