// What pages pass to tasks, made into new values. Nothing here keeps what a page may change afterwards, or is without a limit.
import { HearthError } from '../protocol/errors.ts';
import * as limits from '../protocol/limits.ts';
import type { TaskArgs } from '../protocol/tasks.ts';

/** Makes a new value of one that a page passed; throws `bad-input` that names it. */
export type Parse<T> = (value: unknown, name: string) => T;

export type OptionParsers = Record<string, Parse<unknown>>;

/** The parser of a task: one input or a list of them, then what else it takes, then options by name. */
export function taskArgs(
  input: Parse<unknown>,
  options: OptionParsers,
  rest: [string, Parse<unknown>][] = [],
) {
  return (args: unknown[]): TaskArgs => {
    const [first, ...more] = args;
    const isList = Array.isArray(first);
    const inputs = (isList ? first : [first]).map((one, i) =>
      input(one, isList ? `input ${i}` : 'the input'),
    );
    if (inputs.length === 0 || inputs.length > limits.MAX_TASK_INPUTS)
      throw bad('the input', `a list of 1 to ${limits.MAX_TASK_INPUTS}`);
    mustBeTogether(inputs);
    return {
      inputs,
      isList,
      rest: rest.map(([name, parse], i) => parse(more[i], name)),
      options: parseOptions(more.slice(rest.length), options),
    };
  };
}

function parseOptions(values: unknown[], parsers: OptionParsers): Record<string, unknown> {
  const [value = {}, ...others] = values;
  if (others.some((other) => other !== undefined))
    throw new HearthError('bad-input', 'There are more arguments than this task takes.');
  if (!isPlain(value)) throw bad('options', 'an object');
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
      if (!parse && one !== undefined && one !== null)
        throw new HearthError(
          'bad-input',
          `\`${name.slice(0, 40)}\` is no option of this task. It has: ${Object.keys(parsers).join(', ') || 'none'}.`,
        );
      return one === undefined || one === null ? [] : [[name, parse!(one, name)]];
    }),
  );
}

export const text: Parse<string> = (value, name) => {
  if (typeof value !== 'string') throw bad(name, 'a text');
  if (value.length > limits.MAX_PROMPT_CHARS)
    throw new HearthError(
      'too-long',
      `${sentence(name)} has ${value.length} characters; more than ${limits.MAX_PROMPT_CHARS} are not taken. Cut it into parts.`,
    );
  return value;
};

export const flag: Parse<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw bad(name, 'true or false');
  return value;
};

export const number =
  (min: number, max: number): Parse<number> =>
  (value, name) => {
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw bad(name, `a number from ${min} to ${max}`);
    return value;
  };

export const integer =
  (min: number, max: number): Parse<number> =>
  (value, name) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      throw bad(name, `a whole number from ${min} to ${max}`);
    return value as number;
  };

export const oneOf =
  <const T extends string | boolean>(...allowed: T[]): Parse<T> =>
  (value, name) => {
    if (!allowed.includes(value as T))
      throw bad(name, allowed.map((one) => JSON.stringify(one)).join(' or '));
    return value as T;
  };

export const shortText: Parse<string> = (value, name) => {
  if (typeof value !== 'string' || value.length > limits.MAX_TASK_LABEL_CHARS)
    throw bad(name, `a text of at most ${limits.MAX_TASK_LABEL_CHARS} characters`);
  return value;
};

export const listOf =
  <T>(parse: Parse<T>, min = 0): Parse<T[]> =>
  (value, name) => {
    if (!Array.isArray(value) || value.length < min || value.length > limits.MAX_TASK_LABELS)
      throw bad(name, `a list of ${min} to ${limits.MAX_TASK_LABELS}`);
    return value.map((one, i) => parse(one, `${name}[${i}]`));
  };

/** One label, or a list of them, as Transformers.js takes them. */
export const labels: Parse<string[]> = (value, name) =>
  listOf(shortText, 1)(typeof value === 'string' ? [value] : value, name);

/** Ways to write that a page may choose. */
export const generation: OptionParsers = {
  max_new_tokens: integer(1, limits.MAX_TASK_TOKENS),
  min_new_tokens: integer(0, limits.MAX_TASK_TOKENS),
  max_length: integer(1, limits.MAX_TASK_TOKENS),
  min_length: integer(0, limits.MAX_TASK_TOKENS),
  do_sample: flag,
  temperature: number(0, 100),
  top_k: integer(0, 2 ** 20),
  top_p: number(0, 1),
  repetition_penalty: number(0.01, 100),
  no_repeat_ngram_size: integer(0, 1_000),
};

export function bad(name: string, wanted: string): HearthError {
  return new HearthError('bad-input', `${sentence(name)} must be ${wanted}.`);
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sentence(name: string): string {
  return /^[a-z_]+(\[|$)/.test(name) ? `\`${name}\`` : name[0]!.toUpperCase() + name.slice(1);
}

/** What fits one by one may be too much together. */
function mustBeTogether(inputs: unknown[]): void {
  const chars = inputs.reduce<number>((sum, one) => sum + (typeof one === 'string' ? one.length : 0), 0);
  if (chars > limits.MAX_PROMPT_CHARS)
    throw new HearthError(
      'too-long',
      `The inputs have ${chars} characters together; more than ${limits.MAX_PROMPT_CHARS} are not taken at once. Send them in several calls.`,
    );
  const bytes = inputs.reduce<number>((sum, one) => sum + (one instanceof Blob ? one.size : 0), 0);
  if (bytes > limits.MAX_IMAGE_BYTES)
    throw new HearthError(
      'too-long',
      `The inputs have ${bytes} bytes together; more than ${limits.MAX_IMAGE_BYTES} are not taken at once. Send them in several calls.`,
    );
}
