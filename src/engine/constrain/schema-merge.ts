import { KEYWORDS_OF, namedSchemas, names, type Schema, unsupported } from './schema-keywords.ts';
import { typesOf } from './schema-types.ts';

/** Keywords that look at each other: from two schemas they do not add up to one. */
const TOGETHER: readonly (readonly string[])[] = [
  ['properties', 'additionalProperties', 'patternProperties'],
  ['items', 'prefixItems', 'additionalItems'],
];

/** One schema whose values are right by both; refused where one schema cannot say it. */
export function merge(a: Schema, b: Schema, at: string): Schema {
  const merged: Record<string, unknown> = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    if (!Object.hasOwn(a, keyword) || isEqual(a[keyword], value)) merged[keyword] = value;
    else if (keyword === 'required') merged[keyword] = [...names(a, keyword, at), ...names(b, keyword, at)];
    else if (keyword === 'type') merged[keyword] = common(a, b, at);
    else if (keyword === 'properties') merged[keyword] = disjoint(a, b, at);
    else throw unsupported(`\`${keyword}\` twice, in schemas that both apply,`, at);
  }
  for (const group of TOGETHER) {
    const [ofA, ofB] = [a, b].map((schema) => group.filter((keyword) => Object.hasOwn(schema, keyword)));
    const isOpen = [...ofA!, ...ofB!].every((keyword) => keyword === 'properties');
    if (ofA!.length > 0 && ofB!.length > 0 && !isOpen && !isEqual(pick(a, group), pick(b, group)))
      throw unsupported(`\`${ofA![0]}\` and \`${ofB![0]}\`, in schemas that both apply,`, at);
  }
  return merged;
}

function common(a: Schema, b: Schema, at: string): string[] {
  const [left, right] = [typesOf(a, at)!, typesOf(b, at)!];
  return left.flatMap((type) => {
    if (right.includes(type)) return [type];
    if (type === 'integer' && right.includes('number')) return [type];
    return type === 'number' && right.includes('integer') ? ['integer'] : [];
  });
}

function disjoint(a: Schema, b: Schema, at: string): Record<string, unknown> {
  const [left, right] = [a, b].map((schema) => namedSchemas(schema, 'properties', at));
  for (const [name, schema] of right!)
    if (left!.has(name) && !isEqual(left!.get(name), schema))
      throw unsupported(`the property ${JSON.stringify(name)} twice, in schemas that both apply,`, at);
  return Object.fromEntries([...left!, ...right!]);
}

function pick(schema: Schema, keywords: readonly string[]): Schema {
  return Object.fromEntries(
    keywords.filter((key) => Object.hasOwn(schema, key)).map((key) => [key, schema[key]]),
  );
}

export function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether a schema asks for something of values of a type. */
export function asksOf(schema: Schema, type: keyof typeof KEYWORDS_OF): boolean {
  return KEYWORDS_OF[type].some((keyword) => Object.hasOwn(schema, keyword));
}
