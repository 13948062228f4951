import { type AnySchema, malformed, type Schema } from './schema-keywords.ts';

export const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
export type Type = (typeof TYPES)[number];

/** The types that `type` names, or undefined where there is none. */
export function typesOf({ type }: Schema, at: string): Type[] | undefined {
  if (type === undefined) return undefined;
  const list: unknown[] = Array.isArray(type) ? type : [type];
  if (!list.every((name): name is Type => TYPES.includes(name as Type)))
    throw malformed('type', at, `of ${TYPES.join(', ')}`);
  return [...new Set(list)];
}

export function isOfType(value: unknown, types: readonly Type[]): boolean {
  const of: Type = value === null ? 'null' : Array.isArray(value) ? 'array' : (typeof value as Type);
  return types.includes(of) || (Number.isInteger(value) && types.includes('integer'));
}

/** The values that a schema lists, if it does. */
export function listed(schema: Schema, at: string): unknown[] | undefined {
  if (schema.enum !== undefined && (!Array.isArray(schema.enum) || schema.enum.length === 0))
    throw malformed('enum', at, 'a list of values');
  const values = Object.hasOwn(schema, 'const') ? [schema.const] : (schema.enum as unknown[] | undefined);
  const types = typesOf(schema, at);
  return types ? values?.filter((value) => isOfType(value, types)) : values;
}

/** Whether no value can be right by both, as far as types, listed values and the properties that tell objects apart show. */
export function areDisjoint(a: AnySchema, b: AnySchema, at: string): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean') return a === false || b === false;
  const [valuesA, valuesB] = [listed(a, at), listed(b, at)];
  const [typesA, typesB] = [typesOf(a, at), typesOf(b, at)];
  if (valuesA && valuesB) {
    const texts = new Set(valuesB.map((value) => JSON.stringify(value)));
    // Objects may be written in more than one way
    return (
      ![...valuesA, ...valuesB].some(isComposite) &&
      !valuesA.some((value) => texts.has(JSON.stringify(value)))
    );
  }
  if (valuesA && typesB) return !valuesA.some((value) => isOfType(value, typesB));
  if (valuesB && typesA) return !valuesB.some((value) => isOfType(value, typesA));
  if (!typesA || !typesB) return false;
  if (!typesA.some((type) => typesB.includes(type) || isNumberOfBoth(type, typesB))) return true;
  const areObjects = isEvery(typesA, 'object') && isEvery(typesB, 'object');
  return areObjects && toldApart(a, b).some(([left, right]) => areDisjoint(left, right, at));
}

function isNumberOfBoth(type: Type, others: readonly Type[]): boolean {
  return (
    (type === 'integer' && others.includes('number')) || (type === 'number' && others.includes('integer'))
  );
}

function isEvery(types: readonly Type[], type: Type): boolean {
  return types.every((name) => name === type);
}

/** Schemas of the properties that both require. */
function toldApart(a: Schema, b: Schema): [AnySchema, AnySchema][] {
  const [left, right] = [propertiesOf(a), propertiesOf(b)];
  const names = [...left.keys()].filter((name) => right.has(name));
  return names.map((name) => [left.get(name)!, right.get(name)!]);
}

function propertiesOf({ properties, required }: Schema): Map<string, AnySchema> {
  if (typeof properties !== 'object' || properties === null || !Array.isArray(required)) return new Map();
  const all = Object.entries(properties as Record<string, AnySchema>);
  return new Map(all.filter(([name, schema]) => required.includes(name) && typeof schema === 'object'));
}

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
