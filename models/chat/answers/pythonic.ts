import type { Call } from './part.ts';

const MAX_DEPTH = 32;

class NotPython extends Error {}

/**
 * Calls as Python writes them, in a list or one to a line: `[f(x=1, y=["a"]), g()]`. `print(f())` is `f()`, and
 * `f.call(…)` is `f(…)`. Undefined for any other text.
 */
export function pythonCalls(text: string): Call[] | undefined {
  try {
    return new PythonReader(text).calls();
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  true: 'true',
  false: 'false',
  null: 'null',
};
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '0': '\0',
  '\n': '',
};

class PythonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  calls(): Call[] {
    const calls: Call[] = [];
    const isList = this.takes('[');
    while (!(isList ? this.takes(']') : this.isAtEnd())) {
      calls.push(this.call());
      // Calls without a list stand one to a line
      if (!this.takes(',') && isList && !this.sees(']')) throw new NotPython();
    }
    if (!this.isAtEnd() || calls.length === 0) throw new NotPython();
    return calls;
  }

  private call(): Call {
    const name = this.match(/[A-Za-z_][\w.-]*/y);
    this.expect('(');
    if (name === 'print') {
      const inner = this.call();
      this.expect(')');
      return inner;
    }
    const args = this.row(')', () => `${JSON.stringify(this.keyword())}: ${this.value(1)}`);
    return { name: name.replace(/\.call$/, ''), arguments: `{${args}}` };
  }

  private keyword(): string {
    const name = this.match(/[A-Za-z_]\w*/y);
    this.expect('=');
    return name;
  }

  /** As JSON. */
  private value(depth: number): string {
    if (depth > MAX_DEPTH) throw new NotPython();
    if (this.takes('[')) return `[${this.row(']', () => this.value(depth + 1))}]`;
    if (this.takes('(')) return `[${this.row(')', () => this.value(depth + 1))}]`;
    if (this.takes('{')) return `{${this.row('}', () => this.pair(depth + 1))}}`;
    if (this.sees('"') || this.sees("'")) return JSON.stringify(this.string());
    const word = this.match(/[A-Za-z]+|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y);
    return /^[A-Za-z]/.test(word) ? (WORDS[word] ?? this.fail()) : number(word);
  }

  private pair(depth: number): string {
    this.space();
    const key = this.string();
    this.expect(':');
    return `${JSON.stringify(key)}: ${this.value(depth)}`;
  }

  private row(close: string, item: () => string): string {
    const items: string[] = [];
    while (!this.takes(close)) {
      items.push(item());
      if (!this.takes(',') && !this.sees(close)) throw new NotPython();
    }
    return items.join(', ');
  }

  private string(): string {
    const literal = this.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy);
    return literal
      .slice(1, -1)
      .replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/gs, (_, x, u, char) =>
        char === undefined ? String.fromCharCode(Number.parseInt(x ?? u, 16)) : (ESCAPES[char] ?? char),
      );
  }

  private takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  private sees(text: string): boolean {
    this.space();
    return this.text.startsWith(text, this.at);
  }

  private expect(text: string): void {
    if (!this.takes(text)) throw new NotPython();
  }

  private match(expression: RegExp): string {
    this.space();
    expression.lastIndex = this.at;
    const [found] = expression.exec(this.text) ?? this.fail();
    this.at += found.length;
    return found;
  }

  private isAtEnd(): boolean {
    this.space();
    return this.at >= this.text.length;
  }

  private space(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? '.')) this.at++;
  }

  private fail(): never {
    throw new NotPython();
  }
}

/** Python's numbers may begin with zeros in no other way than JSON's, but for 007, which is none in either. */
function number(text: string): string {
  if (/^-?0\d/.test(text)) throw new NotPython();
  return text;
}
