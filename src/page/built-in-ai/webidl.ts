// Conversions of what authors pass, as WebIDL has them: https://webidl.spec.whatwg.org/#js-type-mapping

/** Makes a value of what an author passed, or throws. `what` names it in messages. */
export type Convert<T> = (value: unknown, what: string) => T;

export const string: Convert<string> = (value) => `${value}`;
export const boolean: Convert<boolean> = Boolean;
/** `unrestricted double`: NaN and infinity are fine. Unlike `Number()`, the sign refuses bigints. */
export const double: Convert<number> = (value) => +(value as number);
export const any: Convert<unknown> = (value) => value;

export const object: Convert<object> = (value, what) => {
  if (!isObject(value)) throw new TypeError(`${what} must be an object.`);
  return value;
};

export const callback: Convert<(...args: unknown[]) => unknown> = (value, what) => {
  if (typeof value !== 'function') throw new TypeError(`${what} must be a function.`);
  return value as () => unknown;
};

export const abortSignal: Convert<AbortSignal> = (value, what) => {
  if (!(value instanceof AbortSignal)) throw new TypeError(`${what} must be an AbortSignal.`);
  return value;
};

export function oneOf<T extends string>(...values: readonly T[]): Convert<T> {
  return (value, what) => {
    const text = `${value}` as T;
    if (!values.includes(text))
      throw new TypeError(`${what} is '${text}', and must be one of ${values.join(', ')}.`);
    return text;
  };
}

export function sequence<T>(of: Convert<T>): Convert<T[]> {
  return (value, what) => {
    if (!isIterable(value)) throw new TypeError(`${what} must be iterable.`);
    return Array.from(value, (element) => of(element, what));
  };
}

/** A language tag in its canonical form; RangeError if it is malformed. */
export const languageTag: Convert<string> = (value) => Intl.getCanonicalLocales(`${value}`)[0]!;

/** Each once; none at all if the list is empty. */
export const languageTags: Convert<readonly string[] | undefined> = (value, what) => {
  const tags = [...new Set(sequence(languageTag)(value, what))];
  return tags.length > 0 ? tags : undefined;
};

interface Member<T> {
  of: Convert<T>;
  isRequired?: true;
  fallback?: T;
}
type Members = Record<string, Convert<unknown> | Member<unknown>>;
type ValueOf<M> = M extends Convert<infer T> ? T | undefined : M extends { of: Convert<infer T> } ? T : never;
export type Dictionary<M extends Members> = { [K in keyof M]: ValueOf<M[K]> };

export const required = <T>(of: Convert<T>) => ({ of, isRequired: true }) as const;
export const withDefault = <T>(of: Convert<T>, fallback: T) => ({ of, fallback });

/** Members are read in the order of their names. Absent ones are absent in the result. */
export function dictionary<M extends Members>(members: M): Convert<Dictionary<M>> {
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
  return (value, what) => {
    if (value != null && !isObject(value)) throw new TypeError(`${what} must be an object.`);
    const result: Record<string, unknown> = {};
    for (const [name, member] of entries) {
      const { of, isRequired, fallback } =
        typeof member === 'function' ? ({ of: member } as Member<unknown>) : member;
      const given = (value as Record<string, unknown> | null | undefined)?.[name];
      if (given === undefined && isRequired) throw new TypeError(`${what} needs ${name}.`);
      const converted = given === undefined ? fallback : of(given, `${what}’s ${name}`);
      if (converted !== undefined) result[name] = converted;
    }
    return result as Dictionary<M>;
  };
}

export function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function';
}
