import * as v from 'valibot';
import { HearthError } from '../protocol/errors.ts';

/** A handler's `parse`: a new object of what a stranger sent, or `bad-input` that names what is wrong with which field. */
export function parser<Schema extends v.GenericSchema>(
  schema: Schema,
): (input: unknown) => v.InferOutput<Schema> {
  return (input) => {
    const { success, output, issues } = v.safeParse(schema, input, { abortEarly: true });
    if (success) return output;
    const path = v.getDotPath(issues[0]);
    throw new HearthError('bad-input', path ? `${path}: ${issues[0].message}.` : `${issues[0].message}.`);
  };
}

/** For calls without input. */
export function nothing(): undefined {}
