import { anyOf, literal } from './rules.ts';

/** Bounds of a number, each part of the range or not. */
export interface NumberRange {
  min?: { value: number; isExclusive: boolean } | undefined;
  max?: { value: number; isExclusive: boolean } | undefined;
}

/** Digits of a number without bounds: what a double still tells apart. */
const ANY_WHOLE = '("0" | [1-9] [0-9]{0,14})';
const MOST_WHOLE = 999_999_999_999_999n;
const FRACTION_DIGITS = 6;
export const ANY_INTEGER = `("-"? ${ANY_WHOLE})`;
export const ANY_NUMBER = `("-"? ${ANY_WHOLE} ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?)`;

/** A bound that is not a negative: whole part, and digits behind the point. */
interface Bound {
  whole: bigint;
  digits: string;
  isExclusive: boolean;
}

/** The numbers of a range; undefined if there are none. Bounds with more than 15 digits are `RangeError`s. */
export function numbersWithin({ min, max }: NumberRange, isInteger: boolean): string | undefined {
  if (!min && !max) return isInteger ? ANY_INTEGER : ANY_NUMBER;
  const ways: string[] = [];
  // x ≥ 0 first, then -x of the negatives
  if (!max || max.value >= 0) {
    const from = min && min.value >= 0 ? toBound(min.value, min.isExclusive) : ZERO;
    ways.push(...within(from, max && toBound(max.value, max.isExclusive), isInteger));
  }
  if (!min || min.value < 0) {
    const from =
      max && max.value <= 0 ? toBound(-max.value, max.isExclusive) : { ...ZERO, isExclusive: true };
    const negatives = within(from, min && toBound(-min.value, min.isExclusive), isInteger);
    if (negatives.length > 0) ways.push(`("-" ${anyOf(negatives)})`);
  }
  return ways.length > 0 ? anyOf(ways) : undefined;
}

const ZERO: Bound = { whole: 0n, digits: '', isExclusive: false };

function toBound(value: number, isExclusive: boolean): Bound {
  const [whole, digits = ''] = String(value).replace('-', '').split('.');
  if (!/^\d{1,15}$/.test(whole!) || !/^\d*$/.test(digits))
    throw new RangeError(`the bound ${value}, which has more digits than Hearth compares`);
  return { whole: BigInt(whole!), digits, isExclusive };
}

function within(from: Bound, to: Bound | undefined, isInteger: boolean): string[] {
  const last = to?.whole ?? MOST_WHOLE;
  const isSame = from.whole === last;
  const first = from.digits || from.isExclusive ? from.whole + 1n : from.whole;
  const final = to?.isExclusive && !to.digits ? last - 1n : last;
  const ways = wholes(first, final);
  if (isInteger) return ways;

  // Whole parts between the bounds' own may have any fraction
  const between = wholes(from.whole + 1n, last - 1n);
  if (between.length > 0) ways.push(`(${anyOf(between)} "." [0-9]{1,${FRACTION_DIGITS}})`);
  const over = fractionsOver(from);
  const under = to ? fractionsUnder(to) : [`[0-9]{1,${FRACTION_DIGITS}}`];
  if (!isSame) {
    ways.push(...over.map((fraction) => `(${literal(`${from.whole}.`)} ${fraction})`));
    if (last > from.whole) ways.push(...under.map((fraction) => `(${literal(`${last}.`)} ${fraction})`));
  } else if (to) ways.push(...fractionsBetween(from, to).map((f) => `(${literal(`${last}.`)} ${f})`));
  return ways;
}

function fractionsOver({ digits, isExclusive }: Bound): string[] {
  const more = [...digits].flatMap((digit, i) =>
    digit === '9'
      ? []
      : [`${literal(digits.slice(0, i))} [${Number(digit) + 1}-9] [0-9]{0,${FRACTION_DIGITS}}`],
  );
  const onward = `${literal(digits)} "0"{0,4} [1-9] [0-9]{0,${FRACTION_DIGITS}}`;
  return [...more, onward, ...(isExclusive || !digits ? [] : [literal(digits)])];
}

function fractionsUnder({ digits, isExclusive }: Bound): string[] {
  const less = [...digits].flatMap((digit, i) =>
    digit === '0'
      ? []
      : [`${literal(digits.slice(0, i))} [0-${Number(digit) - 1}] [0-9]{0,${FRACTION_DIGITS}}`],
  );
  if (!isExclusive) less.push(literal(digits || '0'));
  return less;
}

/** Of two bounds with one whole part: as many digits as the longer one has. */
function fractionsBetween(from: Bound, to: Bound): string[] {
  const length = Math.max(from.digits.length, to.digits.length) + 1;
  const low = BigInt(from.digits.padEnd(length, '0')) + (from.isExclusive ? 1n : 0n);
  const high = BigInt(to.digits.padEnd(length, '0')) - (to.isExclusive ? 1n : 0n);
  return digitRanges(low, high, length);
}

function wholes(first: bigint, last: bigint): string[] {
  const ways: string[] = [];
  for (let low = first; low <= last; ) {
    const length = String(low).length;
    const end = 10n ** BigInt(length) - 1n;
    const high = end < last ? end : last;
    ways.push(...digitRanges(low, high, length));
    low = high + 1n;
  }
  return ways;
}

/** Numbers of exactly so many digits, zeros before them included, from one to another. */
function digitRanges(low: bigint, high: bigint, length: number): string[] {
  if (low > high) return [];
  if (length === 0) return ['""'];
  const unit = 10n ** BigInt(length - 1);
  const [first, last] = [low / unit, high / unit];
  const rest = (from: bigint, to: bigint, digits: string) =>
    digitRanges(from, to, length - 1).map((way) => (length === 1 ? digits : `(${digits} ${way})`));
  if (first === last) return rest(low % unit, high % unit, literal(String(first)));
  const isWhole = low % unit === 0n && high % unit === unit - 1n;
  if (isWhole) return [length === 1 ? `[${first}-${last}]` : `([${first}-${last}] [0-9]{${length - 1}})`];
  const ways = rest(low % unit, unit - 1n, literal(String(first)));
  if (last - first > 1n) {
    const middle = `[${first + 1n}-${last - 1n}]`;
    ways.push(length === 1 ? middle : `(${middle} [0-9]{${length - 1}})`);
  }
  return [...ways, ...rest(0n, high % unit, literal(String(last)))];
}
