import type { Budget } from './budget.ts';
import { equals } from './compare.ts';
import { TEXT_METHODS } from './text-methods.ts';
import {
  type Callable,
  type Dict,
  Float,
  fail,
  LoopState,
  Namespace,
  orElse,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

type Method<T> = (self: T, args: readonly Value[], budget: Budget) => Value;

// Those that change a dict or a list are none: Jinja's sandbox forbids them
const DICT_METHODS: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  ['items', (dict) => Array.from(dict, (pair) => new Tuple(pair))],
  ['keys', (dict) => [...dict.keys()]],
  ['values', (dict) => [...dict.values()]],
  ['get', (dict, [key = null, other = null]) => orElse(dict.get(key), () => other)],
  ['copy', (dict) => new Map(dict)],
]);

const LIST_METHODS: ReadonlyMap<string, Method<readonly Value[]>> = new Map<string, Method<readonly Value[]>>(
  [
    ['copy', (list) => [...list]],
    ['count', (list, [item = null], budget) => list.filter((other) => equals(item, other, budget)).length],
    [
      'index',
      (list, [item = null], budget) => {
        const at = list.findIndex((other) => equals(item, other, budget));
        return at < 0 ? fail('a list does not hold what is looked for') : at;
      },
    ],
  ],
);

/** `value.name`: a method before an entry of that name. */
export function attribute(value: Value, name: string, budget: Budget): Value {
  if (value instanceof Undefined) fail(`${value.name} is not defined`);
  return orElse(method(value, name, budget), () => orElse(entry(value, name), () => missing(value, name)));
}

/** `value[key]`: an entry before a method of that name. */
export function subscript(value: Value, key: Value, budget: Budget): Value {
  if (value instanceof Undefined) fail(`${value.name} is not defined`);
  const asMethod = () => (typeof key === 'string' ? method(value, key, budget) : undefined);
  return orElse(entry(value, key), () => orElse(asMethod(), () => missing(value, key)));
}

/** What has the name in `value`, entries alone. */
function entry(value: Value, key: Value): Value | undefined {
  if (value instanceof Map) return value.get(key instanceof Float ? key.value : key);
  if (value instanceof Namespace || value instanceof LoopState) return value.fields.get(key);
  if (typeof key !== 'number' && typeof key !== 'boolean') return undefined;
  const items = value instanceof Tuple ? value.items : value;
  if (Array.isArray(items)) return items.at(Number(key));
  return typeof items === 'string' ? Array.from(items).at(Number(key)) : undefined;
}

/** An attribute alone, of which a dict's entries are none. */
export function ownAttribute(value: Value, name: string, budget: Budget): Value {
  const own = value instanceof Map ? method(value, name, budget) : attribute(value, name, budget);
  return orElse(own, () => missing(value, name));
}

function method(value: Value, name: string, budget: Budget): Callable | undefined {
  if (typeof value === 'string') return bound(value, TEXT_METHODS.get(name), budget);
  if (value instanceof Map) return bound(value, DICT_METHODS.get(name), budget);
  if (Array.isArray(value)) return bound(value, LIST_METHODS.get(name), budget);
  return value instanceof Tuple ? bound(value.items, LIST_METHODS.get(name), budget) : undefined;
}

function bound<T>(self: T, method: Method<T> | undefined, budget: Budget): Callable | undefined {
  return method && ((args) => method(self, args, budget));
}

function missing(value: Value, key: Value): Undefined {
  return new Undefined(
    `${typeof key === 'string' || typeof key === 'number' ? key : 'that key'} of a ${typeName(value)}`,
  );
}
