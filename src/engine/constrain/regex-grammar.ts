import { HearthError } from '../../protocol/errors.ts';
import { type CharSet, classOf } from './char-set.ts';
import { parseRegex, type Regex } from './regex-syntax.ts';
import { anyOf, repeat } from './rules.ts';

/** How one character of a set is written where the text stands; undefined if there is none. */
export type WriteChars = (set: CharSet) => string | undefined;

/** The texts that a pattern matches as a whole, as an expression of a grammar. */
export function wholeMatch(pattern: string, write: WriteChars = classOf): string {
  return new Writer(pattern, write).write(parseRegex(pattern), '""');
}

/** The texts in which a pattern matches somewhere; `any` is any text. */
export function someMatch(pattern: string, write: WriteChars, any: string): string {
  return new Writer(pattern, write).write(parseRegex(pattern), any);
}

class Writer {
  constructor(
    private readonly pattern: string,
    private readonly chars: WriteChars,
  ) {}

  /** Anchors count at the ends of an alternative, in groups that stand there too. */
  write(regex: Regex, around: string): string {
    if (regex.kind === 'choice') return anyOf(regex.options.map((option) => this.write(option, around)));
    const items = regex.kind === 'sequence' ? [...regex.items] : [regex];
    const [only] = items;
    if (items.length === 1 && only?.kind === 'choice') return this.write(only, around);
    const isStart = items[0]?.kind === 'start';
    while (items[0]?.kind === 'start') items.shift();
    const isEnd = items.at(-1)?.kind === 'end';
    while (items.at(-1)?.kind === 'end') items.pop();
    return `(${[isStart ? '""' : around, ...items.map((item) => this.item(item)), isEnd ? '""' : around].join(' ')})`;
  }

  private item(regex: Regex): string {
    switch (regex.kind) {
      case 'chars':
        return this.chars(regex.set) ?? this.refuse('a character class that matches nothing');
      case 'sequence':
        return regex.items.length === 0 ? '""' : `(${regex.items.map((item) => this.item(item)).join(' ')})`;
      case 'choice':
        return anyOf(regex.options.map((option) => this.item(option)));
      case 'repeat':
        return repeat(this.item(regex.item), regex.min, regex.max);
      default:
        return this.refuse('an anchor that is not at an end of the whole pattern');
    }
  }

  private refuse(what: string): never {
    throw new HearthError(
      'not-supported',
      `The pattern ${JSON.stringify(this.pattern.slice(0, 100))} has ${what}, which answers cannot be held to. Write it without.`,
    );
  }
}
