import { subscript } from './attributes.ts';
import type { Budget } from './budget.ts';
import { compare, equals } from './compare.ts';
import { argument, type Filter, type FilterInput } from './filter.ts';
import { OPERATORS } from './operators.ts';
import { spell } from './spell.ts';
import { TESTS } from './tests.ts';
import { join } from './text-methods.ts';
import {
  fail,
  integerOf,
  isTrue,
  iterate,
  iterateTrue,
  Lazy,
  orElse,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.ts';

export const LIST_FILTERS: readonly (readonly [string, Filter])[] = [
  ['list', ({ value }) => [...iterate(value)]],
  ['first', ({ value }) => orElse(iterate(value)[0], () => new Undefined('the first of nothing'))],
  ['last', ({ value }) => orElse(iterate(value).at(-1), () => new Undefined('the last of nothing'))],
  [
    'reverse',
    ({ value }) =>
      typeof value === 'string'
        ? iterate(value).toReversed().join('')
        : new Lazy(iterate(value).toReversed()),
  ],
  ['join', joined],
  ['select', (input) => new Lazy(iterateTrue(input.value).filter(chosen(input, (item) => item, input.args)))],
  [
    'reject',
    (input) =>
      new Lazy(iterate(input.value).filter((item) => !chosen(input, (same) => same, input.args)(item))),
  ],
  ['selectattr', (input) => new Lazy(iterateTrue(input.value).filter(chosenByAttribute(input)))],
  [
    'rejectattr',
    (input) => new Lazy(iterateTrue(input.value).filter((item) => !chosenByAttribute(input)(item))),
  ],
  ['sort', (input) => sorted(input)],
  ['unique', unique],
  ['min', (input) => orElse(sorted(input)[0], () => new Undefined('the least of nothing'))],
  ['max', (input) => orElse(sorted(input).at(-1), () => new Undefined('the most of nothing'))],
  ['sum', sum],
  ['groupby', groupBy],
  ['batch', batch],
  ['slice', slices],
];

/** What stands at `a.b.0` in an item; the item where there is no path. */
export function reader(path: Value | undefined, budget: Budget, other?: Value): (item: Value) => Value {
  if (path === undefined || path === null) return (item) => item;
  const keys =
    typeof path === 'number'
      ? [path]
      : textOf(path, 'an attribute')
          .split('.')
          .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return (item) => {
    const found = keys.reduce<Value>((value, key) => subscript(value, key, budget), item);
    return found instanceof Undefined && other !== undefined ? other : found;
  };
}

function joined(input: FilterInput): Value {
  const { value, budget } = input;
  const read = reader(argument(input, 1, 'attribute'), budget);
  const by = spell(argument(input, 0, 'd') ?? '', budget);
  return join(
    by,
    iterate(value).map((item) => spell(read(item), budget)),
    budget,
  );
}

/** `('gt', 1)`: whether the test holds of what is read from an item; without a test, whether that is true. */
function chosen(
  { budget }: FilterInput,
  read: (item: Value) => Value,
  [name, ...args]: readonly Value[],
): (item: Value) => boolean {
  if (name === undefined) return (item) => isTrue(read(item));
  const test = TESTS.get(textOf(name, 'a test')) ?? fail(`there is no test ${JSON.stringify(name)}`);
  return (item) => {
    budget.tick();
    return test(read(item), args, budget);
  };
}

function chosenByAttribute(input: FilterInput): (item: Value) => boolean {
  const [path, ...test] = input.args;
  return chosen(input, reader(path ?? fail('an attribute is missing'), input.budget), test);
}

function withoutCase(value: Value, isCased: boolean): Value {
  return typeof value === 'string' && !isCased ? value.toLowerCase() : value;
}

function sorted(input: FilterInput): Value[] {
  const { value, budget, named, args } = input;
  // `sort(reverse, case_sensitive, attribute)`, but `min(case_sensitive, attribute)`: names are what templates use
  const isReversed = isTrue(named.get('reverse') ?? args[0] ?? false);
  const read = reader(named.get('attribute'), budget);
  const key = (item: Value) => withoutCase(read(item), isTrue(named.get('case_sensitive') ?? false));
  const order = isReversed ? -1 : 1;
  return iterate(value).toSorted((a, b) => order * compare(key(a), key(b), budget));
}

function unique(input: FilterInput): Value {
  const read = reader(input.named.get('attribute'), input.budget);
  const isCased = isTrue(argument(input, 0, 'case_sensitive') ?? false);
  const seen: Value[] = [];
  return new Lazy(
    iterate(input.value).filter((item) => {
      const key = withoutCase(read(item), isCased);
      const isNew = !seen.some((other) => equals(key, other, input.budget));
      if (isNew) seen.push(key);
      return isNew;
    }),
  );
}

function sum(input: FilterInput): Value {
  const read = reader(argument(input, 0, 'attribute'), input.budget);
  return iterate(input.value).reduce<Value>(
    (total, item) => OPERATORS['+']!(total, read(item), input.budget),
    argument(input, 1, 'start') ?? 0,
  );
}

function groupBy(input: FilterInput): Value {
  const { budget } = input;
  const read = reader(argument(input, 0, 'attribute'), budget, input.named.get('default'));
  const groups: [key: Value, items: Value[]][] = [];
  for (const item of iterate(input.value).toSorted((a, b) =>
    compare(withoutCase(read(a), false), withoutCase(read(b), false), budget),
  )) {
    const group = groups.find(([key]) =>
      equals(withoutCase(key, false), withoutCase(read(item), false), budget),
    );
    if (group) group[1].push(item);
    else groups.push([read(item), [item]]);
  }
  return groups.map((group) => new Tuple(group));
}

function batch(input: FilterInput): Value {
  const size = integerOf(argument(input, 0, 'linecount') ?? null, 'a size');
  const items = iterate(input.value);
  if (size < 1) fail('a batch has at least one item');
  const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
  const fill = argument(input, 1, 'fill_with');
  if (fill === undefined || fill === null) return new Lazy(rows);
  input.budget.elements(size);
  return new Lazy(rows.map((row) => [...row, ...Array<Value>(size - row.length).fill(fill)]));
}

function slices(input: FilterInput): Value {
  const count = integerOf(argument(input, 0, 'slices') ?? null, 'a count');
  const items = iterate(input.value);
  if (count < 1) fail('there is at least one slice');
  input.budget.elements(count);
  const [size, longer] = [Math.floor(items.length / count), items.length % count];
  return new Lazy(
    Array.from({ length: count }, (_, i) =>
      items.slice(i * size + Math.min(i, longer), (i + 1) * size + Math.min(i + 1, longer)),
    ),
  );
}
