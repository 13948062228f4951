// What a page author may have got wrong, told by the name they wrote. The offscreen document trusts none of this
// and parses again; here it is about good sentences.
import { HearthError } from '../protocol/errors.ts';

export type Fields = Record<string, unknown>;

/** `param` is the field's name, as in OpenAI's error objects. */
export function wrong(field: string, expected: string): HearthError {
  return Object.assign(new HearthError('bad-input', `\`${field}\` ${expected}.`), { param: field });
}

export function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(name, 'must be an object');
  return value as Fields;
}

/** Null counts as absent, as it does for OpenAI. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function optionalNumber(all: Fields, field: string, min: number, max: number): number | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'number' || !(value >= min && value <= max))
    throw wrong(field, `must be a number from ${min} to ${max}`);
  return value;
}

export function optionalInteger(all: Fields, field: string, min: number, max: number): number | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw wrong(field, `must be a whole number from ${min} to ${max}`);
  return value as number;
}

export function optionalString(all: Fields, field: string): string | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string' || value === '') throw wrong(field, 'must be a string that is not empty');
  return value;
}

export function optionalFlag(all: Fields, field: string): boolean {
  const value = all[field] ?? false;
  if (typeof value !== 'boolean') throw wrong(field, 'must be true or false');
  return value;
}

export function optionalSignal(all: Fields): AbortSignal | undefined {
  const value = all.signal;
  if (isAbsent(value)) return undefined;
  if (!(value instanceof AbortSignal)) throw wrong('signal', 'must be an AbortSignal');
  return value;
}
