import type { Budget } from './budget.ts';
import { isSpace, trimEnd, trimStart } from './lexer.ts';
import { spell } from './spell.ts';
import { characters, fail, integerOf, iterate, Tuple, textOf, type Value } from './values.ts';

type TextMethod = (self: string, args: readonly Value[], budget: Budget) => Value;

/** Python's methods of `str`. */
export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ['upper', (text) => text.toUpperCase()],
  ['lower', (text) => text.toLowerCase()],
  ['casefold', (text) => text.toLowerCase()],
  ['title', (text) => text.replace(/\p{L}+/gu, capitalized)],
  ['capitalize', capitalized],
  [
    'swapcase',
    (text) =>
      text.replace(/\p{L}/gu, (char) =>
        char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase(),
      ),
  ],
  ['strip', (text, [chars]) => strip(text, chars, true, true)],
  ['lstrip', (text, [chars]) => strip(text, chars, true, false)],
  ['rstrip', (text, [chars]) => strip(text, chars, false, true)],
  ['split', (text, [by, most]) => split(text, by, most)],
  ['rsplit', (text, [by, most]) => splitFromRight(text, by, most)],
  [
    'splitlines',
    (text) =>
      text === '' ? [] : text.replace(/(?:\r\n|[\n\r])$/, '').split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/),
  ],
  [
    'partition',
    (text, [by = null]) =>
      partition(text, textOf(by, 'a separator'), text.indexOf(textOf(by, 'a separator')), true),
  ],
  [
    'rpartition',
    (text, [by = null]) =>
      partition(text, textOf(by, 'a separator'), text.lastIndexOf(textOf(by, 'a separator')), false),
  ],
  ['startswith', (text, [start = null]) => some(start, (part) => text.startsWith(part))],
  ['endswith', (text, [end = null]) => some(end, (part) => text.endsWith(part))],
  [
    'removeprefix',
    (text, [start = null]) =>
      text.startsWith(textOf(start, 'a beginning')) ? text.slice(String(start).length) : text,
  ],
  [
    'removesuffix',
    (text, [end = null]) =>
      end !== '' && text.endsWith(textOf(end, 'an ending')) ? text.slice(0, -String(end).length) : text,
  ],
  ['replace', (text, [old = null, other = null, most], budget) => replace(text, old, other, most, budget)],
  ['find', (text, [part = null]) => place(text, text.indexOf(textOf(part, 'what is looked for')))],
  ['rfind', (text, [part = null]) => place(text, text.lastIndexOf(textOf(part, 'what is looked for')))],
  ['index', (text, [part = null]) => found(place(text, text.indexOf(textOf(part, 'what is looked for'))))],
  [
    'rindex',
    (text, [part = null]) => found(place(text, text.lastIndexOf(textOf(part, 'what is looked for')))),
  ],
  ['count', (text, [part = null]) => text.split(textOf(part, 'what is counted')).length - 1],
  [
    'join',
    (text, [parts = null], budget) =>
      join(
        text,
        iterate(parts).map((part) => textOf(part, 'what is joined')),
        budget,
      ),
  ],
  ['isdigit', (text) => /^\p{Nd}+$/u.test(text)],
  ['isdecimal', (text) => /^\p{Nd}+$/u.test(text)],
  ['isnumeric', (text) => /^\p{N}+$/u.test(text)],
  ['isalpha', (text) => /^\p{L}+$/u.test(text)],
  ['isalnum', (text) => /^[\p{L}\p{N}]+$/u.test(text)],
  ['isspace', (text) => text !== '' && characters(text).every(isSpace)],
  ['isupper', (text) => text !== text.toLowerCase() && text === text.toUpperCase()],
  ['islower', (text) => text !== text.toUpperCase() && text === text.toLowerCase()],
  [
    'zfill',
    (text, [width = 0], budget) =>
      pad(text, width, budget, (missing) => text.replace(/^[-+]?/, (sign) => sign + '0'.repeat(missing))),
  ],
  ['ljust', (text, [width = 0], budget) => pad(text, width, budget, (missing) => text + ' '.repeat(missing))],
  ['rjust', (text, [width = 0], budget) => pad(text, width, budget, (missing) => ' '.repeat(missing) + text)],
  ['center', (text, [width = 0], budget) => center(text, integerOf(width, 'a width'), budget)],
  ['format', (text, args, budget) => fields(text, args, budget)],
]);

export function capitalized(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export function strip(text: string, chars: Value | undefined, atStart: boolean, atEnd: boolean): string {
  const set = chars === undefined || chars === null ? undefined : textOf(chars, 'what is stripped');
  const isStripped = set === undefined ? isSpace : (char: string) => set.includes(char);
  const rest = atEnd ? trimEnd(text, isStripped) : text;
  return atStart ? trimStart(rest, isStripped) : rest;
}

export function join(by: string, texts: readonly string[], budget: Budget): string {
  budget.chars(texts.reduce((sum, { length }) => sum + length + by.length, 0));
  return texts.join(by);
}

export function replace(
  text: string,
  old: Value,
  other: Value,
  most: Value | undefined,
  budget: Budget,
): string {
  const [from, to] = [textOf(old, 'what is replaced'), textOf(other, 'what replaces it')];
  const parts = from === '' ? ['', ...characters(text), ''] : text.split(from);
  const limit = most === undefined || most === null ? Infinity : integerOf(most, 'how often');
  const count = Math.min(parts.length - 1, limit < 0 ? Infinity : limit);
  budget.chars(text.length + count * to.length);
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map((part) => from + part)
      .join('')
  );
}

export function center(text: string, width: number, budget: Budget): string {
  return pad(text, width, budget, (missing) => {
    // Python puts the odd one on the left where the width is odd
    const left = Math.floor(missing / 2) + (missing & width & 1);
    return ' '.repeat(left) + text + ' '.repeat(missing - left);
  });
}

function pad(text: string, width: Value, budget: Budget, fill: (missing: number) => string): string {
  const missing = integerOf(width, 'a width') - characters(text).length;
  budget.chars(text.length + Math.max(0, missing));
  return missing > 0 ? fill(missing) : text;
}

function split(text: string, by: Value | undefined, most: Value | undefined): Value[] {
  const limit =
    most === undefined || most === null || integerOf(most, 'how often') < 0
      ? Infinity
      : integerOf(most, 'how often');
  if (by === undefined || by === null) return words(text, limit);
  const parts = text.split(separator(by));
  return parts.length - 1 <= limit
    ? parts
    : [...parts.slice(0, limit), parts.slice(limit).join(separator(by))];
}

function words(text: string, limit: number): Value[] {
  const found: string[] = [];
  let rest = trimStart(text);
  while (rest !== '' && found.length < limit) {
    let end = 0;
    while (end < rest.length && !isSpace(rest[end]!)) end++;
    found.push(rest.slice(0, end));
    rest = trimStart(rest.slice(end));
  }
  return rest === '' ? found : [...found, trimEnd(rest)];
}

function splitFromRight(text: string, by: Value | undefined, most: Value | undefined): Value[] {
  if (by === undefined || by === null || most === undefined || most === null)
    return split(text, by, undefined);
  const parts = text.split(separator(by));
  const kept = parts.length - integerOf(most, 'how often');
  return kept <= 1 ? parts : [parts.slice(0, kept).join(separator(by)), ...parts.slice(kept)];
}

function separator(by: Value): string {
  return textOf(by, 'a separator') || fail('a separator cannot be empty');
}

function partition(text: string, by: string, at: number, isFirst: boolean): Tuple {
  if (at < 0) return new Tuple(isFirst ? [text, '', ''] : ['', '', text]);
  return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
}

function some(parts: Value, test: (part: string) => boolean): boolean {
  return parts instanceof Tuple
    ? parts.items.some((part) => test(textOf(part, 'a part')))
    : test(textOf(parts, 'a part'));
}

/** In code points. */
function place(text: string, at: number): number {
  return at < 0 ? at : characters(text.slice(0, at)).length;
}

function found(at: number): number {
  return at < 0 ? fail('a text does not hold what is looked for') : at;
}

/** `'{} {0}'.format(…)`, of places alone. */
function fields(text: string, args: readonly Value[], budget: Budget): string {
  let next = 0;
  let length = 0;
  return text.replace(/\{\{|\}\}|\{(\d*)\}/g, (match, index: string | undefined) => {
    if (index === undefined) return match[0]!;
    const value = args[index === '' ? next++ : Number(index)];
    const shown = spell(value ?? fail('a format names more values than there are'), budget);
    budget.chars((length += shown.length));
    return shown;
  });
}
