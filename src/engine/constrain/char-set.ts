import { anyOf, codePoint, literal } from './rules.ts';

/** Code points, as ranges that are in order and do not touch. */
export type CharSet = readonly (readonly [first: number, last: number])[];

const LAST = 0x10ffff;

export function charSet(ranges: CharSet): CharSet {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) rest.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}

export function intersection(a: CharSet, b: CharSet): CharSet {
  return complement(charSet([...complement(a), ...complement(b)]));
}

export function ofText(chars: string): CharSet {
  return charSet([...chars].map((char) => [char.codePointAt(0)!, char.codePointAt(0)!] as const));
}

/** All that has UTF-8. */
export const SCALARS: CharSet = [
  [0, 0xd7ff],
  [0xe000, LAST],
];

/** What stands for itself within the quotes of JSON. */
export const PLAIN_IN_JSON: CharSet = intersection(
  SCALARS,
  complement(charSet([[0, 0x1f], ...ofText('"\\'), [0x7f, 0x7f]])),
);

const ASCII: CharSet = [[0, 0x7f]];
const BEYOND: CharSet = intersection(SCALARS, complement(ASCII));
/** Of white space beyond ASCII: what `.`, `\S` and their like leave out. */
const RARE = charSet([...ofText('\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'), [0x2000, 0x200a]]);
/**
 * UTF-8 of nearly all that is neither ASCII nor in `RARE`. xgrammar takes ranges over 0x7f for bytes, and a range of one byte for
 * a code point: so these overlap, and leave out what cannot be said.
 */
const TAIL = '[\\x80-\\xbf]';
const BEYOND_BUT_RARE = anyOf([
  `[\\xc3-\\xdf] ${TAIL}`,
  `[\\xe0-\\xe1] [\\xa0-\\xbf] ${TAIL}`,
  `[\\xe2-\\xe3] [\\x82-\\xbf] ${TAIL}`,
  '[\\xe2-\\xe3] [\\x80-\\x81] [\\x90-\\x9e]',
  '[\\xe2-\\xe3] [\\x80-\\x81] [\\xb0-\\xbf]',
  `[\\xe3-\\xec] [\\x81-\\xbf] ${TAIL}`,
  `[\\xec-\\xed] [\\x80-\\x9f] ${TAIL}`,
  `[\\xee-\\xef] [\\x80-\\xba] ${TAIL}`,
  `[\\xf0-\\xf1] [\\x90-\\xbf] ${TAIL} ${TAIL}`,
  `[\\xf1-\\xf3] ${TAIL} ${TAIL} ${TAIL}`,
]);
/** Characters beyond ASCII that are written one by one. */
const MAX_LISTED = 512;

/** One character of a set, as it is; undefined if there is none. A set that xgrammar cannot be told of is a `RangeError`. */
export function classOf(set: CharSet): string | undefined {
  const ascii = intersection(set, ASCII).map(([first, last]) =>
    first === last ? codePoint(first) : `${codePoint(first)}-${codePoint(last)}`,
  );
  const beyond = beyondOf(intersection(set, BEYOND));
  // xgrammar reads `[^…]` of ASCII as whole characters
  if (beyond === 'all') {
    const not = intersection(complement(set), ASCII).map(([a, b]) => `${codePoint(a)}-${codePoint(b)}`);
    // A class of everything has no spelling; NUL is in no text
    return `[^${not.join('') || '\\x00'}]`;
  }
  const ways = [...(ascii.length > 0 ? [`[${ascii.join('')}]`] : []), ...beyond];
  return ways.length > 0 ? anyOf(ways) : undefined;
}

function beyondOf(set: CharSet): 'all' | string[] {
  const missing = intersection(BEYOND, complement(set));
  if (missing.length === 0) return 'all';
  if (intersection(missing, complement(RARE)).length === 0) return [BEYOND_BUT_RARE];
  const size = set.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (size > MAX_LISTED)
    throw new RangeError(`a class of more than ${MAX_LISTED} characters beyond ASCII, and not all of them,`);
  return set.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => literal(String.fromCodePoint(first + i))),
  );
}

const ESCAPED: readonly (readonly [char: string, text: string])[] = [
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\f', '\\f'],
];

/** One character of a set, as JSON has it between quotes: itself, or its short escape; other escapes where nothing else is left. */
export function jsonClassOf(set: CharSet): string | undefined {
  const plain = classOf(intersection(set, PLAIN_IN_JSON));
  const escapes = ESCAPED.filter(([char]) => intersection(set, ofText(char)).length > 0).map(([, text]) =>
    literal(text),
  );
  const ways = [...(plain ? [plain] : []), ...escapes];
  if (ways.length > 0) return anyOf(ways);
  const rare = intersection(set, [[0, 0x7f]])[0]?.[0];
  return rare === undefined ? undefined : literal(`\\u${rare.toString(16).padStart(4, '0')}`);
}
