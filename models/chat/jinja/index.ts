import { type Bounds, Budget, TooMuch } from './budget.ts';
import { lex } from './lexer.ts';
import { collect } from './output.ts';
import { Scope } from './scope.ts';
import { Statements } from './statements.ts';
import { type Callable, fail, integerOf, iterate, Namespace, Tuple, toValue, type Value } from './values.ts';

export { type Bounds, TooMuch } from './budget.ts';
export { TemplateError } from './values.ts';

/**
 * Writes what a Jinja template makes of these names, as Python's Jinja does in the settings of Hugging Face's
 * `apply_chat_template`: `trim_blocks`, `lstrip_blocks`, loop controls, `{% generation %}`, and nothing that changes
 * a value. Fails with `TemplateError` where Python fails, and with `TooMuch` beyond the bounds.
 */
export function renderTemplate(
  source: string,
  names: Readonly<Record<string, unknown>>,
  bounds: Bounds,
): string {
  const budget = new Budget(bounds);
  const template = new Statements(lex(source)).template();
  const globals = new Scope(budget);
  for (const [name, value] of Object.entries(BUILTINS)) globals.set(name, value);
  for (const [name, value] of Object.entries(names)) globals.set(name, toValue(value));
  const scope = globals.inner();
  return collect(scope, (out) => {
    if (template(scope, out)) fail('it breaks out of a loop, and there is none');
  });
}

const MAX_COUNT = 100_000;

const dict = (args: readonly Value[], named: ReadonlyMap<string, Value>): Map<Value, Value> => {
  const [first] = args;
  const own =
    first instanceof Map || first instanceof Namespace
      ? entries(first)
      : first === undefined
        ? []
        : iterate(first).map(pair);
  return new Map<Value, Value>([...own, ...named]);
};

const BUILTINS: Readonly<Record<string, Callable>> = {
  range: (args) => {
    const numbers = args.map((arg) => integerOf(arg, "a range's end"));
    const [start, stop] =
      numbers.length > 1 ? [numbers[0]!, numbers[1]!] : [0, numbers[0] ?? fail('a range has an end')];
    const step = numbers[2] ?? 1;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    if (!(length <= MAX_COUNT)) throw new TooMuch(`it counts to ${stop}`);
    return Array.from({ length }, (_, i) => start + i * step);
  },
  namespace: (args, named) => new Namespace(dict(args, named)),
  dict,
  // Joins what it is called between: nothing before the first
  joiner: ([by = ', ']) => {
    let isFirst = true;
    return () => {
      const text = isFirst ? '' : by;
      isFirst = false;
      return text;
    };
  },
};

function entries(value: Map<Value, Value> | Namespace): [Value, Value][] {
  return [...(value instanceof Map ? value : value.fields)];
}

function pair(value: Value): [Value, Value] {
  const items = value instanceof Tuple ? value.items : iterate(value);
  return items.length === 2 ? [items[0]!, items[1]!] : fail('a dict is made of pairs');
}
