import { fail } from './values.ts';

/** A piece of an expression. `text` is what it says; a string literal's is what it means. */
export interface Token {
  kind: 'name' | 'integer' | 'float' | 'string' | 'sign';
  text: string;
}

/** A template taken apart: what is written as it is, `{{ … }}` and `{% … %}`. */
export type Part = { kind: 'text'; text: string } | { kind: 'print' | 'block'; tokens: Token[] };

// Python's white space
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const OPEN = /\{\{[-+]?|\{%[-+]?|\{#[-+]?/g;
const SPACES_BEHIND = new RegExp(`${SPACE}*`, 'y');
const TOKEN = new RegExp(
  String.raw`${SPACE}*(?:([\p{ID_Start}_][\p{ID_Continue}]*)|(\d[\d_]*(?:\.\d[\d_]*(?:[eE][-+]?\d+)?|[eE][-+]?\d+))|(\d[\d_]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\/\/|\*\*|==|!=|<=|>=|[-+*\/%~<>=.,:|()[\]{};]))`,
  'suy',
);

/**
 * Jinja's lexer, set up as `transformers` does it: `trim_blocks` (a line's end behind a block goes), `lstrip_blocks`
 * (white space between a line's beginning and a block goes), and no line's end at the very end.
 */
export function lex(source: string): Part[] {
  return new Lexer(source.replace(/\r\n?/g, '\n').replace(/\n$/, '')).parts();
}

class Lexer {
  private readonly found: Part[] = [];
  private at = 0;
  /** Whether what comes now begins a line, of which only a block's end may say so. */
  private beginsLine = true;

  constructor(private readonly source: string) {}

  parts(): Part[] {
    for (let open = this.next(); open; open = this.next()) {
      const [mark] = open;
      const text = this.source.slice(this.at, open.index);
      this.text(mark.endsWith('-') ? trimEnd(text) : this.isStripped(mark) ? this.stripLine(text) : text);
      this.at = open.index + mark.length;
      if (mark.startsWith('{#')) this.comment();
      else if (mark.startsWith('{{')) this.found.push({ kind: 'print', tokens: this.tokens('}}') });
      else this.block();
    }
    this.text(this.source.slice(this.at));
    return this.found;
  }

  private next(): RegExpExecArray | null {
    OPEN.lastIndex = this.at;
    return OPEN.exec(this.source);
  }

  private text(text: string): void {
    if (text !== '') this.found.push({ kind: 'text', text });
  }

  /** `{{` keeps its place in the line, and `+` says that a block does. */
  private isStripped(mark: string): boolean {
    return !mark.startsWith('{{') && !mark.endsWith('+');
  }

  private stripLine(text: string): string {
    const line = text.lastIndexOf('\n') + 1;
    const isAlone = (line > 0 || this.beginsLine) && trimEnd(text.slice(line)) === '';
    return isAlone ? text.slice(0, line) : text;
  }

  private block(): void {
    const tokens = this.tokens('%}');
    if (tokens.length === 1 && tokens[0]!.text === 'raw') this.raw();
    else this.found.push({ kind: 'block', tokens });
  }

  private raw(): void {
    const close = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
    close.lastIndex = this.at;
    const end = close.exec(this.source) ?? fail('a raw block has no end');
    const text = this.source.slice(this.at, end.index);
    this.text(end[1] === '-' ? trimEnd(text) : end[1] === '+' ? text : this.stripLine(text));
    this.at = end.index + end[0].length;
    this.close(end[2]!, true);
  }

  private comment(): void {
    const end = this.source.indexOf('#}', this.at);
    if (end < 0) fail('a comment has no end');
    const control = '-+'.includes(this.source[end - 1]!) && end > this.at ? this.source[end - 1]! : '';
    this.at = end + 2;
    this.close(control, true);
  }

  private tokens(end: string): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    for (;;) {
      SPACES_BEHIND.lastIndex = this.at;
      SPACES_BEHIND.exec(this.source);
      const at = SPACES_BEHIND.lastIndex;
      const control = '-+'.includes(this.source[at] ?? ' ') ? this.source[at]! : '';
      if (depth === 0 && this.source.startsWith(end, at + control.length)) {
        this.at = at + control.length + end.length;
        this.close(control, end === '%}');
        return tokens;
      }
      const token = this.token();
      if ('([{'.includes(token.text) && token.kind === 'sign') depth++;
      if (')]}'.includes(token.text) && token.kind === 'sign') depth--;
      tokens.push(token);
    }
  }

  private close(control: string, isBlock: boolean): void {
    const start = this.at;
    if (control === '-') {
      SPACES_BEHIND.lastIndex = this.at;
      SPACES_BEHIND.exec(this.source);
      this.at = SPACES_BEHIND.lastIndex;
    } else if (isBlock && control === '' && this.source[this.at] === '\n') this.at++;
    this.beginsLine = this.at > start && this.source[this.at - 1] === '\n';
  }

  private token(): Token {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.source);
    if (!match) fail(`it cannot be read from ${JSON.stringify(this.source.slice(this.at, this.at + 20))} on`);
    this.at = TOKEN.lastIndex;
    const [, name, float, integer, string, sign] = match;
    if (name !== undefined) return { kind: 'name', text: name };
    if (float !== undefined) return { kind: 'float', text: float.replaceAll('_', '') };
    if (integer !== undefined) return { kind: 'integer', text: integer.replaceAll('_', '') };
    if (string !== undefined) return { kind: 'string', text: unescaped(string.slice(1, -1)) };
    return { kind: 'sign', text: sign! };
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\n': '',
};

/** Python's escapes in texts. */
function unescaped(literal: string): string {
  return literal.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\\'"abfnrtv\n]))/g,
    (_, x?: string, u?: string, long?: string, octal?: string, char?: string) => {
      if (char !== undefined) return ESCAPED[char] ?? char;
      const code = octal === undefined ? Number.parseInt((x ?? u ?? long)!, 16) : Number.parseInt(octal, 8);
      return code > 0x10ffff
        ? fail('a text names a character that there is not')
        : String.fromCodePoint(code);
    },
  );
}

const SPACE_CHAR = new RegExp(SPACE);

export function isSpace(char: string): boolean {
  return SPACE_CHAR.test(char);
}

/** Character by character: an expression would look for the end from every space of a run. */
export function trimEnd(text: string, isTrimmed = isSpace): string {
  let end = text.length;
  while (end > 0 && isTrimmed(text[end - 1]!)) end--;
  return text.slice(0, end);
}

export function trimStart(text: string, isTrimmed = isSpace): string {
  let start = 0;
  while (start < text.length && isTrimmed(text[start]!)) start++;
  return text.slice(start);
}
