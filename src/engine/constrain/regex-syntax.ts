import { HearthError } from '../../protocol/errors.ts';
import { type CharSet, charSet, complement, ofText } from './char-set.ts';

/** What a regular expression of ECMAScript says, as far as grammars can. */
export type Regex =
  | { kind: 'chars'; set: CharSet }
  | { kind: 'sequence'; items: Regex[] }
  | { kind: 'choice'; options: Regex[] }
  | { kind: 'repeat'; item: Regex; min: number; max: number | undefined }
  | { kind: 'start' }
  | { kind: 'end' };

const DIGITS: CharSet = [[0x30, 0x39]];
const WORD = charSet([...DIGITS, [0x41, 0x5a], [0x61, 0x7a], [0x5f, 0x5f]]);
const SPACE = charSet([
  ...ofText(' \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'),
  [0x2000, 0x200a],
]);
const NEWLINES = ofText('\n\r\u2028\u2029');
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f', 0: '\0' };
const MAX_DEPTH = 100;
/** As many as xgrammar unrolls in good time. */
export const MAX_REPEAT = 4096;

/** Reads a pattern of ECMAScript, without flags but by code points. What a grammar cannot say is refused by its name. */
export function parseRegex(pattern: string): Regex {
  return new RegexParser(pattern).parse();
}

class RegexParser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(readonly pattern: string) {
    this.#chars = [...pattern];
    try {
      new RegExp(pattern, 'u');
    } catch {
      try {
        new RegExp(pattern);
      } catch {
        throw new HearthError('bad-input', `${this.#name} is no regular expression of JavaScript.`);
      }
    }
  }

  get #name(): string {
    return `The pattern ${JSON.stringify(this.pattern.slice(0, 100))}`;
  }

  parse(): Regex {
    const whole = this.#choice();
    if (this.#at < this.#chars.length) throw this.#refuse(`\`${this.#chars[this.#at]}\``);
    return whole;
  }

  #refuse(what: string): HearthError {
    return new HearthError(
      'not-supported',
      `${this.#name} has ${what}, which answers cannot be held to. Write it without.`,
    );
  }

  #choice(): Regex {
    if (++this.#depth > MAX_DEPTH) throw this.#refuse('more nested groups than Hearth reads');
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Regex {
    const items: Regex[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== '|' && this.#peek() !== ')')
      items.push(this.#repeated(this.#atom()));
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #repeated(item: Regex): Regex {
    const bounds = this.#bounds();
    if (!bounds) return item;
    // Lazy or not, the same texts match
    this.#take('?');
    if (item.kind === 'start' || item.kind === 'end') throw this.#refuse('a repeated anchor');
    const [min, max] = bounds;
    if (Math.max(min, max ?? 0) > MAX_REPEAT) throw this.#refuse(`a repetition of more than ${MAX_REPEAT}`);
    return { kind: 'repeat', item, min, max };
  }

  #bounds(): [number, number | undefined] | undefined {
    if (this.#take('*')) return [0, undefined];
    if (this.#take('+')) return [1, undefined];
    if (this.#take('?')) return [0, 1];
    const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 20).join(''));
    if (!match) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    return [min, match[2] ? (match[3] ? Number(match[3]) : undefined) : min];
  }

  #atom(): Regex {
    const char = this.#next();
    switch (char) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'chars', set: complement(NEWLINES) };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'chars', set: this.#class() };
      case '\\':
        return { kind: 'chars', set: this.#escape(false) };
      default:
        return { kind: 'chars', set: ofText(char) };
    }
  }

  #group(): Regex {
    if (this.#take('?')) {
      if (this.#take('<')) {
        if (this.#peek() === '=' || this.#peek() === '!') throw this.#refuse('a lookbehind');
        while (!this.#take('>')) this.#next();
      } else if (!this.#take(':'))
        throw this.#refuse(this.#peek() === '=' || this.#peek() === '!' ? 'a lookahead' : 'flags in a group');
    }
    const inner = this.#choice();
    if (!this.#take(')')) throw this.#refuse('an open group');
    return inner;
  }

  #class(): CharSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take(']')) {
      const first = this.#classItem();
      const isRange = this.#peek() === '-' && this.#chars[this.#at + 1] !== ']' && isOne(first);
      if (!isRange) ranges.push(...first);
      else {
        this.#next();
        const last = this.#classItem();
        if (isOne(last)) ranges.push([first[0]![0], last[0]![0]]);
        else ranges.push(...first, ...ofText('-'), ...last);
      }
    }
    const set = charSet(ranges);
    return isNegated ? complement(set) : set;
  }

  #classItem(): CharSet {
    const char = this.#next();
    return char === '\\' ? this.#escape(true) : ofText(char);
  }

  #escape(isInClass: boolean): CharSet {
    const char = this.#next();
    if (Object.hasOwn(CLASSES, char)) return CLASSES[char]!;
    if (char === 'b' && isInClass) return ofText('\b');
    if (char === 'b' || char === 'B') throw this.#refuse(`the word boundary \\${char}`);
    if (char === 'p' || char === 'P') throw this.#refuse(`the property \\${char}`);
    if (char === 'k' || (char >= '1' && char <= '9')) throw this.#refuse('a reference to a group');
    if (Object.hasOwn(CONTROLS, char)) return ofText(CONTROLS[char]!);
    if (char === 'c') return ofText(String.fromCharCode(this.#next().charCodeAt(0) % 32));
    if (char === 'x') return this.#hex(/^[0-9a-fA-F]{2}/, char);
    if (char === 'u') return this.#hex(/^(?:\{[0-9a-fA-F]{1,6}\}|[0-9a-fA-F]{4})/, char);
    return ofText(char);
  }

  #hex(shape: RegExp, char: string): CharSet {
    const digits = shape.exec(this.#chars.slice(this.#at, this.#at + 8).join(''))?.[0];
    if (digits === undefined) return ofText(char);
    this.#at += digits.length;
    const code = Number.parseInt(digits.replace(/[{}]/g, ''), 16);
    if (code >= 0xd800 && code <= 0xdfff) throw this.#refuse('half a character');
    return [[code, code]];
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw this.#refuse('an open end');
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }
}

function isOne(set: CharSet): boolean {
  return set.length === 1 && set[0]![0] === set[0]![1];
}
