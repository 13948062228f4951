import { HearthError } from '../../protocol/errors.ts';

export type Schema = Readonly<Record<string, unknown>>;
export type AnySchema = boolean | Schema;

/** They describe, and say nothing of which values are right. */
const ANNOTATIONS = new Set([
  ...['title', 'description', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$comment', '$defs', 'definitions', '$id', 'id', '$vocabulary'],
  ...['contentEncoding', 'contentMediaType', 'contentSchema'],
]);

/** What each type's values are asked for. All of it is followed, or refused by `SchemaGrammar` where it is combined too richly. */
export const KEYWORDS_OF = {
  object: [
    ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
    ...['minProperties', 'maxProperties'],
  ],
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
} as const;

const FOLLOWED = new Set<string>([
  ...Object.values(KEYWORDS_OF).flat(),
  ...['type', 'enum', 'const', '$ref', 'anyOf', 'oneOf', 'allOf'],
]);

/** The keywords of a schema that matter. One that is not known is refused by its name. */
export function assertions(schema: Schema, at: string): Schema {
  const kept = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword));
  for (const [keyword] of kept) if (!FOLLOWED.has(keyword)) throw unsupported(`\`${keyword}\``, at);
  // A schema within, with an address of its own, would be where its references begin
  if (at !== '#' && (typeof schema.$id === 'string' || typeof schema.id === 'string'))
    throw unsupported('`$id`', at);
  return Object.fromEntries(kept);
}

export function unsupported(what: string, at: string): HearthError {
  return new HearthError(
    'not-supported',
    `The JSON schema has ${what} at ${at}, which answers cannot be held to. Leave it out, or write the schema without it.`,
  );
}

export function malformed(keyword: string, at: string, expected: string): HearthError {
  return new HearthError('bad-input', `The JSON schema's \`${keyword}\` at ${at} must be ${expected}.`);
}

export function isSchema(value: unknown): value is AnySchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

export function count(schema: Schema, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw malformed(keyword, at, 'a whole number of 0 or more');
  return value;
}

export function schemas(schema: Schema, keyword: string, at: string): AnySchema[] {
  const value = schema[keyword];
  if (!Array.isArray(value) || value.length === 0 || !value.every(isSchema))
    throw malformed(keyword, at, 'a list of schemas');
  return value;
}

export function namedSchemas(schema: Schema, keyword: string, at: string): Map<string, AnySchema> {
  const value = schema[keyword] ?? {};
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !Object.values(value).every(isSchema)
  )
    throw malformed(keyword, at, 'an object of schemas');
  return new Map(Object.entries(value));
}

export function names(schema: Schema, keyword: string, at: string): string[] {
  const value = schema[keyword] ?? [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
    throw malformed(keyword, at, 'a list of names');
  return [...new Set(value)];
}

/** The schema that a reference within the document names. */
export function resolve(root: AnySchema, ref: unknown, at: string): AnySchema {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref))
    throw unsupported(`a \`$ref\` to ${JSON.stringify(ref)}, outside itself`, at);
  let value: unknown = root;
  for (const part of ref.slice(1).split('/').slice(1)) {
    const key = decode(part, at).replaceAll('~1', '/').replaceAll('~0', '~');
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    value = isThere ? (value as Record<string, unknown>)[key] : undefined;
  }
  if (!isSchema(value))
    throw new HearthError(
      'bad-input',
      `The JSON schema's \`$ref\` ${JSON.stringify(ref)} at ${at} leads nowhere.`,
    );
  return value;
}

function decode(part: string, at: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed('$ref', at, 'a reference such as "#/$defs/name"');
  }
}
