const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/**
 * Python's `strftime` in English, with its `-` for no zeros before a number; codes that it does not know stay as they
 * are.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (code, bare: string, letter: string) => {
    const [value, width, fill = '0'] = CODES[letter]?.(date) ?? [code];
    if (width === undefined) return value;
    return bare ? value : value.padStart(width, fill);
  });
}

type Written = [text: string, width?: number, fill?: string];
const number = (value: number, width: number, fill?: string): Written => [String(value), width, fill];

const CODES: Readonly<Record<string, (date: Date) => Written>> = {
  Y: (date) => [String(date.getFullYear())],
  y: (date) => number(date.getFullYear() % 100, 2),
  m: (date) => number(date.getMonth() + 1, 2),
  d: (date) => number(date.getDate(), 2),
  e: (date) => number(date.getDate(), 2, ' '),
  j: (date) => number(dayOfYear(date), 3),
  B: (date) => [MONTHS[date.getMonth()]!],
  b: (date) => [MONTHS[date.getMonth()]!.slice(0, 3)],
  h: (date) => [MONTHS[date.getMonth()]!.slice(0, 3)],
  A: (date) => [DAYS[date.getDay()]!],
  a: (date) => [DAYS[date.getDay()]!.slice(0, 3)],
  w: (date) => [String(date.getDay())],
  u: (date) => [String(date.getDay() || 7)],
  U: (date) => number(Math.floor((dayOfYear(date) + 6 - date.getDay()) / 7), 2),
  W: (date) => number(Math.floor((dayOfYear(date) + 6 - ((date.getDay() + 6) % 7)) / 7), 2),
  H: (date) => number(date.getHours(), 2),
  I: (date) => number(date.getHours() % 12 || 12, 2),
  M: (date) => number(date.getMinutes(), 2),
  S: (date) => number(date.getSeconds(), 2),
  p: (date) => [date.getHours() < 12 ? 'AM' : 'PM'],
  D: (date) => [strftime(date, '%m/%d/%y')],
  F: (date) => [strftime(date, '%Y-%m-%d')],
  T: (date) => [strftime(date, '%H:%M:%S')],
  R: (date) => [strftime(date, '%H:%M')],
  c: (date) => [strftime(date, '%a %b %e %H:%M:%S %Y')],
  x: (date) => [strftime(date, '%m/%d/%y')],
  X: (date) => [strftime(date, '%H:%M:%S')],
  n: () => ['\n'],
  t: () => ['\t'],
  '%': () => ['%'],
};

/** From 1. */
function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (midnight - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000;
}
