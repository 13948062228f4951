import type { Budget } from './budget.ts';
import { spell } from './spell.ts';
import { fail, isNumber, numberOf, type Value } from './values.ts';

/** Python's `'%s' % …`, for %s, %d, %i, %f and %%, with a width and digits. */
export function format(pattern: string, values: readonly Value[], budget: Budget): string {
  let next = 0;
  let length = 0;
  const text = pattern.replace(
    /%(?:%|([-0]*)(\d*)(?:\.(\d+))?([sdif]))/g,
    (match, flags: string | undefined, width: string, digits: string | undefined, kind: string) => {
      if (flags === undefined) return match === '%%' ? '%' : match;
      if (next >= values.length) fail('a format names more values than there are');
      const shown = one(kind, values[next++]!, digits, budget);
      budget.chars((length += Math.max(Number(width), shown.length)));
      if (flags.includes('-')) return shown.padEnd(Number(width));
      return shown.padStart(Number(width), flags.includes('0') && kind !== 's' ? '0' : ' ');
    },
  );
  return next < values.length ? fail('a format names fewer values than there are') : text;
}

function one(kind: string, value: Value, digits: string | undefined, budget: Budget): string {
  if (kind === 's') return spell(value, budget).slice(0, digits === undefined ? undefined : Number(digits));
  if (!isNumber(value)) fail('a format asks for a number');
  if (kind === 'f') return numberOf(value).toFixed(Math.min(100, Number(digits ?? 6)));
  return String(Math.trunc(numberOf(value)));
}
