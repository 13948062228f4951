import type { Budget } from './budget.ts';
import { COMPARISONS } from './operators.ts';
import { Float, fail, isNumber, Lazy, numberOf, Tuple, Undefined, type Value } from './values.ts';

export type Test = (value: Value, args: readonly Value[], budget: Budget) => boolean;

const comparison =
  (sign: string): Test =>
  (value, [other = null], budget) =>
    COMPARISONS[sign]!(value, other, budget);
const isSequence = (value: Value) =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Tuple || value instanceof Map;

function remainder(value: Value, divisor: Value): number {
  if (!isNumber(value) || !isNumber(divisor) || numberOf(divisor) === 0) fail('only numbers can be divided');
  return Math.abs(numberOf(value) % numberOf(divisor));
}

/** https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-tests */
export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', (value) => !(value instanceof Undefined)],
  ['undefined', (value) => value instanceof Undefined],
  ['none', (value) => value === null],
  ['boolean', (value) => typeof value === 'boolean'],
  ['true', (value) => value === true],
  ['false', (value) => value === false],
  ['string', (value) => typeof value === 'string'],
  ['number', isNumber],
  ['integer', (value) => typeof value === 'number'],
  ['float', (value) => value instanceof Float],
  ['mapping', (value) => value instanceof Map],
  ['sequence', (value) => isSequence(value) || value instanceof Undefined],
  ['iterable', (value) => isSequence(value) || value instanceof Lazy || value instanceof Undefined],
  ['callable', (value) => typeof value === 'function'],
  [
    'sameas',
    (value, [other = null]) =>
      value === other || (value instanceof Float && other instanceof Float && value.value === other.value),
  ],
  ['odd', (value) => remainder(value, 2) === 1],
  ['even', (value) => remainder(value, 2) === 0],
  ['divisibleby', (value, [divisor = null]) => remainder(value, divisor) === 0],
  [
    'lower',
    (value) => String(value) === String(value).toLowerCase() && String(value) !== String(value).toUpperCase(),
  ],
  [
    'upper',
    (value) => String(value) === String(value).toUpperCase() && String(value) !== String(value).toLowerCase(),
  ],
  ['in', comparison('in')],
  ...['==', 'eq', 'equalto'].map((name) => [name, comparison('==')] as const),
  ...['!=', 'ne'].map((name) => [name, comparison('!=')] as const),
  ...['<', 'lt', 'lessthan'].map((name) => [name, comparison('<')] as const),
  ...['<=', 'le'].map((name) => [name, comparison('<=')] as const),
  ...['>', 'gt', 'greaterthan'].map((name) => [name, comparison('>')] as const),
  ...['>=', 'ge'].map((name) => [name, comparison('>=')] as const),
]);
