import type { Constraint } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';

const JSON_SCHEMA = new Set(['type', 'name', 'description', 'schema', 'strict']);

/**
 * What an answer is held to: nothing for `text`, any JSON for `json_object`, and a schema for `json_schema`, whose
 * fields lie beside `type` in Responses and within `json_schema` in Chat Completions.
 */
export function parseFormat(value: unknown, name: string, isNested: boolean): Constraint | undefined {
  if (f.isAbsent(value)) return undefined;
  const all = f.fields(value, name);
  const type = f.optionalChoice(all, 'type', ['text', 'json_object', 'json_schema'], `${name}.`);
  if (type !== 'json_schema') {
    if (type === undefined) throw new f.FieldError(`${name}.type`, 'must be there');
    f.onlyFields(all, new Set(['type']), {}, `${name}.`);
    return type === 'json_object' ? { kind: 'json' } : undefined;
  }
  if (isNested) f.onlyFields(all, new Set(['type', 'json_schema']), {}, `${name}.`);
  const path = isNested ? `${name}.json_schema` : name;
  const inner = isNested ? f.fields(all.json_schema, path) : all;
  f.onlyFields(inner, JSON_SCHEMA, {}, `${path}.`);
  if (!f.optionalString(inner, 'name', 64)) throw new f.FieldError(`${path}.name`, 'must be there');
  // Followed whether strict or not: that is what it says an answer should be
  f.optionalFlag(inner, 'strict');
  const schema = f.fields(inner.schema, `${path}.schema`);
  return { kind: 'json-schema', schema: f.json(schema, `${path}.schema`, limits.MAX_CONSTRAINT_CHARS) };
}
