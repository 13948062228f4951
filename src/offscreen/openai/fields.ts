// Reads fields of a request by the names that its author wrote, so that errors can name them.
import { HearthError } from '../../protocol/errors.ts';

export type Fields = Record<string, unknown>;

/** `bad-input` that names its field: `param` in OpenAI's error objects. */
export class FieldError extends HearthError {
  constructor(
    readonly param: string,
    expected: string,
  ) {
    super('bad-input', `\`${param}\` ${expected}.`);
  }
}

export function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FieldError(name, 'must be an object');
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
    throw new FieldError(field, `must be a number from ${min} to ${max}`);
  return value;
}

export function optionalInteger(all: Fields, field: string, min: number, max: number): number | undefined {
  const value = optionalNumber(all, field, min, max);
  if (value !== undefined && !Number.isInteger(value)) throw new FieldError(field, 'must be a whole number');
  return value;
}

export function optionalString(all: Fields, field: string, maxChars: number): string | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > maxChars)
    throw new FieldError(field, `must be a string of 1 to ${maxChars} characters`);
  return value;
}

export function optionalFlag(all: Fields, field: string): boolean {
  const value = all[field] ?? false;
  if (typeof value !== 'boolean') throw new FieldError(field, 'must be true or false');
  return value;
}

/** The elements of an array, holes included: `every` and `map` would pass over them. */
export function elements(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? Array.from(value) : undefined;
}
