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

export function optionalString(
  all: Fields,
  field: string,
  maxChars: number,
  prefix = '',
): string | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > maxChars)
    throw new FieldError(prefix + field, `must be a string of 1 to ${maxChars} characters`);
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

/** Refuses all that is in `all` but the fields that are `followed`, and the `neutral` ones where they ask for nothing. */
export function onlyFields(
  all: Fields,
  followed: ReadonlySet<string>,
  neutral: Fields = {},
  prefix = '',
): void {
  for (const [field, value] of Object.entries(all)) {
    if (isAbsent(value) || followed.has(field)) continue;
    if (!Object.hasOwn(neutral, field) || !isSame(value, neutral[field])) throw cannotFollow(prefix + field);
  }
}

export function cannotFollow(field: string): FieldError {
  return new FieldError(field, 'is something that Hearth cannot follow here: leave it out');
}

/** One of a few strings. */
export function optionalChoice<Choice extends string>(
  all: Fields,
  field: string,
  choices: readonly Choice[],
  prefix = '',
): Choice | undefined {
  const value = all[field];
  if (isAbsent(value)) return undefined;
  const choice = choices.find((one) => one === value);
  if (choice === undefined)
    throw new FieldError(
      prefix + field,
      `must be one of ${choices.map((one) => JSON.stringify(one)).join(', ')}`,
    );
  return choice;
}

/** A string that has to be there; it may be empty. */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new FieldError(name, 'must be a string');
  return value;
}

export function list(value: unknown, name: string, most: number): unknown[] {
  const all = elements(value);
  if (!all || all.length > most) throw new FieldError(name, `must be an array of at most ${most}`);
  return all;
}

/** A value of JSON, as JSON. */
export function json(value: unknown, name: string, maxChars: number): string {
  const written = tryJson(value);
  if (written === undefined || written.length > maxChars)
    throw new FieldError(name, `must be a value of JSON of at most ${maxChars} characters`);
  return written;
}

function tryJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // Circles and bigints
    return undefined;
  }
}

function isSame(value: unknown, neutral: unknown): boolean {
  return tryJson(value) === JSON.stringify(neutral);
}
