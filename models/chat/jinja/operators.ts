import type { Budget } from './budget.ts';
import { compare, contains, equals } from './compare.ts';
import { joinTexts } from './escape.ts';
import { format } from './format.ts';
import { Float, fail, isNumber, numberOf, Safe, Tuple, typeName, type Value } from './values.ts';

export type Operator = (left: Value, right: Value, budget: Budget) => Value;

type Compute = (a: number, b: number) => number;

/** Of two whole numbers a whole one, else a float. */
function arithmetic(sign: string, compute: Compute, onOthers?: Operator): Operator {
  return (left, right, budget) => {
    if (isNumber(left) && isNumber(right)) {
      const result = compute(numberOf(left), numberOf(right));
      return left instanceof Float || right instanceof Float ? new Float(result) : whole(result);
    }
    const other = onOthers?.(left, right, budget);
    return other ?? fail(`${typeName(left)} ${sign} ${typeName(right)} has no meaning`);
  };
}

function whole(value: number): number {
  return Number.isFinite(value) ? value : fail('a number grows beyond all bounds');
}

const isText = (value: Value): value is string | Safe => typeof value === 'string' || value instanceof Safe;

const plus: Operator = (left, right, budget) => {
  if (isText(left) && isText(right)) return joinTexts(left, right, budget);
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.elements(left.length + right.length);
    return [...left, ...right];
  }
  return left instanceof Tuple && right instanceof Tuple ? new Tuple([...left.items, ...right.items]) : null;
};

const times: Operator = (left, right, budget) => {
  const [thing, count] = typeof left === 'number' ? [right, left] : [left, right];
  if (typeof count !== 'number') return null;
  if (typeof thing === 'string') {
    budget.chars(thing.length * count);
    return thing.repeat(Math.max(0, count));
  }
  if (!Array.isArray(thing)) return null;
  budget.elements(thing.length * count);
  return Array.from({ length: Math.max(0, count) }, () => thing).flat(1);
};

const divided = (b: number) => (b === 0 ? fail('something is divided by zero') : b);
const floorRemainder: Compute = (a, b) => a - divided(b) * Math.floor(a / b);

const power: Operator = (left, right) => {
  if (!isNumber(left) || !isNumber(right)) fail(`${typeName(left)} ** ${typeName(right)} has no meaning`);
  const result = whole(numberOf(left) ** numberOf(right));
  return left instanceof Float || right instanceof Float || numberOf(right) < 0 ? new Float(result) : result;
};

export const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': arithmetic('+', (a, b) => a + b, plus),
  '-': arithmetic('-', (a, b) => a - b),
  '*': arithmetic('*', (a, b) => a * b, times),
  '/': (left, right, budget) => {
    const quotient = arithmetic('/', (a, b) => a / divided(b))(left, right, budget);
    return quotient instanceof Float ? quotient : new Float(quotient as number);
  },
  '//': arithmetic('//', (a, b) => Math.floor(a / divided(b))),
  '%': arithmetic('%', floorRemainder, (left, right, budget) =>
    typeof left === 'string' ? format(left, right instanceof Tuple ? right.items : [right], budget) : null,
  ),
  '**': power,
};

export const COMPARISONS: Readonly<Record<string, (left: Value, right: Value, budget: Budget) => boolean>> = {
  '==': equals,
  '!=': (left, right, budget) => !equals(left, right, budget),
  '<': (left, right, budget) => compare(left, right, budget) < 0,
  '<=': (left, right, budget) => compare(left, right, budget) <= 0,
  '>': (left, right, budget) => compare(left, right, budget) > 0,
  '>=': (left, right, budget) => compare(left, right, budget) >= 0,
  in: (left, right, budget) => contains(right, left, budget),
  'not in': (left, right, budget) => !contains(right, left, budget),
};
