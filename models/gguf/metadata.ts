import { badModel, quoted } from '../errors.ts';
import type { GgufValue } from './values.ts';

/**
 * A file's metadata by key. A getter with a fallback returns it where the key is absent; without one, an absent
 * key is a `bad-model`, as is a value of another type. Remembers what was asked for, so that what was not can be told.
 */
export class Metadata {
  readonly #asked = new Set<string>();

  constructor(readonly entries: ReadonlyMap<string, GgufValue>) {}

  /** Keys with this beginning that no getter has been asked for. */
  notAsked(prefix: string): string[] {
    return [...this.entries.keys()].filter((key) => key.startsWith(prefix) && !this.#asked.has(key));
  }

  has(key: string): boolean {
    this.#asked.add(key);
    return this.entries.has(key);
  }

  string<T = never>(key: string, ...fallback: [T?]): string | T {
    return this.get(key, 'a text', fallback, (entry) => (entry.type === 'string' ? entry.value : undefined));
  }

  bool<T = never>(key: string, ...fallback: [T?]): boolean | T {
    return this.get(key, 'true or false', fallback, (entry) =>
      entry.type === 'bool' ? entry.value : undefined,
    );
  }

  /** A whole number that JavaScript holds exactly, of whichever type. */
  integer<T = never>(key: string, ...fallback: [T?]): number | T {
    return this.get(key, 'a whole number', fallback, ({ value }) =>
      typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined,
    );
  }

  number<T = never>(key: string, ...fallback: [T?]): number | T {
    return this.get(key, 'a number', fallback, ({ value }) =>
      typeof value === 'number' && Number.isFinite(value) ? value : undefined,
    );
  }

  strings<T = never>(key: string, ...fallback: [T?]): readonly string[] | T {
    return this.get(key, 'a list of texts', fallback, (entry) =>
      entry.type === 'array' && entry.of === 'string' ? entry.value : undefined,
    );
  }

  numbers<T = never>(key: string, ...fallback: [T?]): ArrayLike<number> | T {
    return this.get(key, 'a list of numbers', fallback, (entry) =>
      ArrayBuffer.isView(entry.value) ? entry.value : undefined,
    );
  }

  private get<T, F>(
    key: string,
    kind: string,
    fallback: [F?],
    as: (entry: GgufValue) => T | undefined,
  ): T | F {
    this.#asked.add(key);
    const entry = this.entries.get(key);
    if (!entry) {
      if (fallback.length > 0) return fallback[0] as F;
      throw badModel(`The model's metadata lacks ${quoted(key)}. Convert or download the model again.`);
    }
    const value = as(entry);
    if (value !== undefined) return value;
    const found =
      entry.type === 'array' ? `a list of ${entry.of}` : `${entry.type} ${quoted(String(entry.value))}`;
    throw badModel(`The model's metadata ${quoted(key)} should be ${kind} but is ${found}.`);
  }
}
