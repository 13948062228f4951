import type { Budget } from './budget.ts';
import {
  characters,
  fail,
  isNumber,
  iterate,
  Lazy,
  numberOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Python's `==`. */
export function equals(a: Value, b: Value, budget: Budget): boolean {
  budget.tick();
  if (a === b) return true;
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a === null || b === null) return false;
  if (isNumber(a)) return isNumber(b) && numberOf(a) === numberOf(b);
  if (Array.isArray(a)) return Array.isArray(b) && rowsEqual(a, b, budget);
  if (a instanceof Tuple) return b instanceof Tuple && rowsEqual(a.items, b.items, budget);
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !equals(value, other, budget)) return false;
  }
  return true;
}

function rowsEqual(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i]!, budget));
}

/** Python's order of numbers, of texts, and of lists or tuples of such: negative if `a` is before `b`. */
export function compare(a: Value, b: Value, budget: Budget): number {
  budget.tick();
  if (isNumber(a) && isNumber(b)) return numberOf(a) - numberOf(b);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  const rows =
    Array.isArray(a) && Array.isArray(b)
      ? [a, b]
      : a instanceof Tuple && b instanceof Tuple
        ? [a.items, b.items]
        : undefined;
  if (!rows) fail(`${typeName(a)} and ${typeName(b)} have no order`);
  const [left, right] = rows as [readonly Value[], readonly Value[]];
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (!equals(left[i]!, right[i]!, budget)) return compare(left[i]!, right[i]!, budget);
  return left.length - right.length;
}

/** By code points; JavaScript compares UTF-16 units. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [characters(a), characters(b)];
  const at = left.findIndex((char, i) => char !== right[i]);
  if (at < 0) return -1;
  return at >= right.length ? 1 : left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!;
}

/** Python's `in`. */
export function contains(whole: Value, part: Value, budget: Budget): boolean {
  if (typeof whole === 'string')
    return typeof part === 'string' ? whole.includes(part) : fail(`a text cannot hold ${typeName(part)}`);
  if (whole instanceof Map) return whole.has(part);
  if (whole instanceof Undefined || Array.isArray(whole) || whole instanceof Tuple || whole instanceof Lazy)
    return iterate(whole).some((item) => equals(item, part, budget));
  fail(`a value of type ${typeName(whole)} holds nothing`);
}
