import { ownAttribute } from './attributes.ts';
import type { Budget } from './budget.ts';
import { compare } from './compare.ts';
import { escapeHtml } from './escape.ts';
import { argument, type Filter, type FilterInput } from './filter.ts';
import { format } from './format.ts';
import { LIST_FILTERS, reader } from './list-filters.ts';
import { type JsonOptions, spell, toJson } from './spell.ts';
import { capitalized, center, replace, strip } from './text-methods.ts';
import {
  Float,
  fail,
  integerOf,
  isNumber,
  isTrue,
  iterateTrue,
  Lazy,
  lengthOf,
  numberOf,
  Safe,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.ts';

const text = ({ value, budget }: FilterInput) => spell(value, budget);

const VALUE_FILTERS: readonly (readonly [string, Filter])[] = [
  ['tojson', (input) => toJson(input.value, jsonOptions(input), input.budget)],
  ['string', text],
  ['safe', (input) => new Safe(text(input))],
  ['escape', (input) => escaped(input.value, input.budget)],
  ['e', (input) => escaped(input.value, input.budget)],
  ['default', byDefault],
  ['d', byDefault],
  ['length', ({ value }) => lengthOf(value)],
  ['count', ({ value }) => lengthOf(value)],
  ['items', ({ value }) => (value instanceof Undefined ? [] : pairs(value))],
  ['dictsort', dictSort],
  ['attr', ({ value, args, budget }) => ownAttribute(value, textOf(args[0] ?? null, 'a name'), budget)],
  ['map', map],
];

const TEXT_FILTERS: readonly (readonly [string, Filter])[] = [
  ['upper', (input) => text(input).toUpperCase()],
  ['lower', (input) => text(input).toLowerCase()],
  ['capitalize', (input) => capitalized(text(input))],
  ['title', (input) => text(input).replace(/[^-\s({[<]+/g, capitalized)],
  ['trim', (input) => strip(text(input), argument(input, 0, 'chars'), true, true)],
  [
    'replace',
    (input) =>
      replace(
        text(input),
        argument(input, 0, 'old') ?? null,
        argument(input, 1, 'new') ?? null,
        argument(input, 2, 'count'),
        input.budget,
      ),
  ],
  ['indent', indent],
  ['format', (input) => format(text(input), input.args, input.budget)],
  [
    'center',
    (input) => center(text(input), integerOf(argument(input, 0, 'width') ?? 80, 'a width'), input.budget),
  ],
  ['wordcount', (input) => text(input).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0],
  ['truncate', truncate],
  [
    'striptags',
    (input) =>
      text(input)
        .replace(/<!--.*?-->|<[^>]*>/gs, '')
        .split(/\s+/)
        .filter(Boolean)
        .join(' '),
  ],
  [
    'urlencode',
    (input) =>
      encodeURIComponent(text(input))
        .replace(/%2F/g, '/')
        .replace(/[!'()*]/g, percent),
  ],
];

const NUMBER_FILTERS: readonly (readonly [string, Filter])[] = [
  ['int', toInteger],
  ['float', toFloat],
  ['round', round],
  [
    'abs',
    ({ value }) =>
      value instanceof Float ? new Float(Math.abs(value.value)) : Math.abs(integerOf(value, 'a number')),
  ],
];

export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...VALUE_FILTERS,
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...LIST_FILTERS,
]);

/** `map('upper')`, or `map(attribute='name', default='')`. */
function map({ value, args, named, budget }: FilterInput): Value {
  const items = iterateTrue(value);
  const [name, ...rest] = args;
  if (name === undefined)
    return new Lazy(
      items.map(
        reader(
          named.get('attribute') ?? fail('map has neither a filter nor an attribute'),
          budget,
          named.get('default'),
        ),
      ),
    );
  const filter = FILTERS.get(textOf(name, 'a filter')) ?? fail(`there is no filter ${JSON.stringify(name)}`);
  return new Lazy(items.map((item) => filter({ value: item, args: rest, named, budget })));
}

function jsonOptions(input: FilterInput): JsonOptions {
  const indent = argument(input, 1, 'indent') ?? null;
  const separators = argument(input, 2, 'separators') ?? null;
  const spaces =
    typeof indent === 'string' ? indent : indent === null ? undefined : integerOf(indent, 'an indent');
  if (typeof spaces === 'number') input.budget.chars(spaces);
  const given =
    separators instanceof Tuple ? separators.items : Array.isArray(separators) ? separators : undefined;
  const [item = ', ', key = ': '] = given?.map((part) => textOf(part, 'a separator')) ?? [];
  return {
    asciiOnly: isTrue(argument(input, 0, 'ensure_ascii') ?? false),
    indent: typeof spaces === 'number' ? ' '.repeat(Math.max(0, spaces)) : spaces,
    separators: [given || spaces === undefined ? item : ',', key],
    sorted: isTrue(argument(input, 3, 'sort_keys') ?? false),
  };
}

function byDefault(input: FilterInput): Value {
  const other = argument(input, 0, 'default_value') ?? '';
  const isForFalse = isTrue(argument(input, 1, 'boolean') ?? false);
  return input.value instanceof Undefined || (isForFalse && !isTrue(input.value)) ? other : input.value;
}

function pairs(value: Value): Tuple[] {
  if (!(value instanceof Map)) fail('only a dict has items');
  return Array.from(value, (pair) => new Tuple(pair));
}

function dictSort(input: FilterInput): Value {
  const isCased = isTrue(argument(input, 0, 'case_sensitive') ?? false);
  const at = argument(input, 1, 'by') === 'value' ? 1 : 0;
  const key = ({ items }: Tuple) =>
    typeof items[at] === 'string' && !isCased ? items[at].toLowerCase() : items[at]!;
  const sorted = pairs(input.value).sort((a, b) => compare(key(a), key(b), input.budget));
  return isTrue(argument(input, 2, 'reverse') ?? false) ? sorted.reverse() : sorted;
}

function indent(input: FilterInput): Value {
  const width = argument(input, 0, 'width') ?? 4;
  const margin =
    typeof width === 'string' ? width : ' '.repeat(Math.max(0, Math.min(integerOf(width, 'a width'), 1e4)));
  const isFirst = isTrue(argument(input, 1, 'first') ?? false);
  const indentsBlank = isTrue(argument(input, 2, 'blank') ?? false);
  const source = text(input);
  const lines = source.split('\n');
  input.budget.chars(source.length + lines.length * margin.length);
  const indented = lines.map((line, i) => (i > 0 && (line !== '' || indentsBlank) ? margin + line : line));
  return (isFirst ? margin : '') + indented.join('\n');
}

function truncate(input: FilterInput): Value {
  const source = text(input);
  const [length, leeway] = [
    integerOf(argument(input, 0, 'length') ?? 255, 'a length'),
    integerOf(argument(input, 3, 'leeway') ?? 5, 'a leeway'),
  ];
  const end = textOf(argument(input, 2, 'end') ?? '...', 'an end');
  if (source.length <= length + leeway) return source;
  const kept = source.slice(0, Math.max(0, length - end.length));
  return isTrue(argument(input, 1, 'killwords') ?? false) ? kept + end : kept.replace(/ [^ ]*$/, '') + end;
}

function escaped(value: Value, budget: Budget): Safe {
  return value instanceof Safe ? value : new Safe(escapeHtml(spell(value, budget)));
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

function toInteger(input: FilterInput): Value {
  const { value } = input;
  if (isNumber(value)) return Math.trunc(numberOf(value));
  const parsed =
    typeof value === 'string' && /^\s*[-+]?\d[\d_]*(?:\.\d*)?\s*$/.test(value)
      ? Math.trunc(Number(value.replaceAll('_', '')))
      : undefined;
  return parsed ?? argument(input, 0, 'default') ?? 0;
}

function toFloat(input: FilterInput): Value {
  const { value } = input;
  if (isNumber(value)) return new Float(numberOf(value));
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(parsed) ? (argument(input, 0, 'default') ?? new Float(0)) : new Float(parsed);
}

/** Halves go to the even neighbour, as Python has it. */
function round(input: FilterInput): Value {
  if (!isNumber(input.value)) fail('only numbers can be rounded');
  const digits = integerOf(argument(input, 0, 'precision') ?? 0, 'a precision');
  const method = argument(input, 1, 'method') ?? 'common';
  const value = numberOf(input.value);
  const scale = 10 ** Math.min(300, Math.max(-300, digits));
  if (method === 'ceil') return new Float(Math.ceil(value * scale) / scale);
  if (method === 'floor') return new Float(Math.floor(value * scale) / scale);
  if (digits > 0 && digits <= 100) return new Float(Number(value.toFixed(digits)));
  const lower = Math.floor(value * scale);
  const rest = value * scale - lower;
  const rounded = rest > 0.5 || (rest === 0.5 && lower % 2 !== 0) ? lower + 1 : lower;
  return new Float(rounded / scale);
}
