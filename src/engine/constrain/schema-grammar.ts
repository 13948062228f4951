import { HearthError } from '../../protocol/errors.ts';
import { jsonClassOf } from './char-set.ts';
import { FORMATS } from './formats.ts';
import { type JsonRules, jsonRules } from './json-grammar.ts';
import { type NumberRange, numbersWithin } from './number-grammar.ts';
import { objectBody } from './object-grammar.ts';
import { someMatch, wholeMatch } from './regex-grammar.ts';
import { MAX_REPEAT } from './regex-syntax.ts';
import { anyOf, literal, repeat, Rules } from './rules.ts';
import {
  type AnySchema,
  assertions,
  count,
  isSchema,
  malformed,
  resolve,
  type Schema,
  schemas,
  unsupported,
} from './schema-keywords.ts';
import { asksOf, merge } from './schema-merge.ts';
import { areDisjoint, listed, type Type, typesOf } from './schema-types.ts';

const MAX_DEPTH = 64;
export const MAX_RULES = 20_000;

/**
 * The grammar of the JSON that a schema allows (drafts 4 to 2020-12), for xgrammar. Every text of the grammar is right by the
 * schema. Not every right text is one of the grammar: properties come in the schema's order, and an object that names its
 * properties has no others unless the schema says so. Keywords that would be passed over are refused by name.
 */
export function schemaGrammar(schema: unknown): string {
  const rules = new Rules(MAX_RULES);
  const writer = new SchemaWriter(schema, rules);
  const body = writer.root();
  return rules.text(body);
}

export function parseSchema(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new HearthError('bad-input', 'The JSON schema is no JSON.', { cause });
  }
}

export class SchemaWriter {
  readonly json: JsonRules;
  readonly #root: AnySchema;
  /** The rule of each reference; undefined for one whose values there are none of. */
  readonly #refs = new Map<string, string>();
  #depth = 0;

  constructor(
    schema: unknown,
    readonly rules: Rules,
    json = jsonRules(rules),
  ) {
    if (!isSchema(schema))
      throw new HearthError('bad-input', 'The JSON schema must be an object, or true or false.');
    this.#root = schema;
    this.json = json;
  }

  root(): string {
    const body = this.#guarded(this.#root, '#');
    if (body === undefined) throw new HearthError('bad-input', 'No JSON is right by the JSON schema.');
    return body;
  }

  /** An expression for the values of a schema; undefined if there are none. */
  values(schema: AnySchema, at: string): string | undefined {
    return this.#guarded(schema, at);
  }

  #guarded(schema: AnySchema, at: string, following: readonly string[] = []): string | undefined {
    if (++this.#depth > MAX_DEPTH) throw unsupported(`more than ${MAX_DEPTH} schemas within each other`, at);
    try {
      return this.#body(schema, at, following);
    } catch (error) {
      if (error instanceof RangeError && !(error instanceof HearthError))
        throw unsupported(error.message, at);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** `following`: references that led here without a character between them, which must not come again. */
  #body(schema: AnySchema, at: string, following: readonly string[]): string | undefined {
    if (typeof schema === 'boolean') return schema ? this.json.any : undefined;
    const asked = assertions(schema, at);
    const { $ref, allOf, anyOf: some, oneOf, ...rest } = asked;
    if ($ref !== undefined) {
      if (Object.keys(asked).length === 1) return this.#reference($ref, at, following);
      return this.#guarded(
        this.#merged(
          { ...asked, $ref: undefined, allOf: [{ $ref }, ...this.#list(asked, 'allOf', at)] },
          at,
          following,
        ),
        at,
        following,
      );
    }
    if (allOf !== undefined) return this.#guarded(this.#merged(asked, at, following), at, following);
    if (some !== undefined && oneOf !== undefined) throw unsupported('`anyOf` beside `oneOf`', at);
    if (some !== undefined) return this.#choice('anyOf', schemas(asked, 'anyOf', at), rest, at, following);
    if (oneOf !== undefined) {
      const options = schemas(asked, 'oneOf', at);
      this.#checkDisjoint(
        options.map((option) => this.#flat(option, at)),
        at,
      );
      return this.#choice('oneOf', options, rest, at, following);
    }
    const values = listed(rest, at);
    if (values) return this.#listed(values, rest, at);
    return this.#typed(rest, at);
  }

  #list(schema: Schema, keyword: string, at: string): AnySchema[] {
    return schema[keyword] === undefined ? [] : schemas(schema, keyword, at);
  }

  /** What all of `allOf` and the keywords beside it say together. */
  #merged(schema: Schema, at: string, following: readonly string[]): AnySchema {
    const { allOf: _, $ref: __, ...rest } = schema;
    let merged: Schema = rest;
    for (const part of schemas(schema, 'allOf', at)) {
      const flat = this.#flat(part, at, following);
      if (flat === false) return false;
      if (flat !== true) merged = merge(merged, flat, at);
    }
    return merged;
  }

  /** A schema without a reference or `allOf` at its top. */
  #flat(schema: AnySchema, at: string, following: readonly string[] = []): AnySchema {
    if (following.length > MAX_DEPTH) throw unsupported('a `$ref` that leads back to itself', at);
    if (typeof schema === 'boolean') return schema;
    const asked = assertions(schema, at);
    const { $ref, ...rest } = asked;
    if ($ref === undefined) {
      return asked.allOf === undefined ? asked : this.#merged(asked, at, [...following, at]);
    }
    const target = this.#flat(resolve(this.#root, $ref, at), at, [...following, String($ref)]);
    if (typeof target === 'boolean') return target ? rest : false;
    return merge(rest, target, at);
  }

  #reference(ref: unknown, at: string, following: readonly string[]): string | undefined {
    const name = String(ref);
    const target = resolve(this.#root, ref, at);
    if (following.includes(name)) throw unsupported('a `$ref` that leads back to itself', at);
    const known = this.#refs.get(name);
    if (known) return known;
    const rule = this.rules.reserve();
    this.#refs.set(name, rule);
    const body = this.#guarded(target, name, [...following, name]);
    // Nothing: no text can follow it
    this.rules.set(rule, body ?? this.#nothing(name));
    return rule;
  }

  #nothing(at: string): never {
    throw new HearthError('bad-input', `No JSON is right by the JSON schema at ${at}.`);
  }

  #choice(
    keyword: string,
    options: AnySchema[],
    beside: Schema,
    at: string,
    following: readonly string[],
  ): string | undefined {
    const bodies = options.flatMap((option, i) => {
      const place = `${at}/${keyword}/${i}`;
      const isAlone = Object.keys(beside).length === 0;
      const flat = isAlone ? option : this.#flat(option, place, following);
      const whole = isAlone || flat === false ? flat : flat === true ? beside : merge(beside, flat, place);
      const body = this.#guarded(whole, place, following);
      return body === undefined ? [] : [body];
    });
    return bodies.length > 0 ? anyOf(bodies) : undefined;
  }

  #checkDisjoint(options: AnySchema[], at: string): void {
    for (const [i, a] of options.entries())
      for (const [j, b] of options.entries())
        if (j > i && !areDisjoint(a, b, at))
          throw unsupported(
            `a \`oneOf\` whose schemas ${i} and ${j} may both allow one value (\`anyOf\` may take its place)`,
            at,
          );
  }

  #listed(
    values: unknown[],
    { type: _, enum: __, const: ___, ...rest }: Schema,
    at: string,
  ): string | undefined {
    const [other] = Object.keys(rest);
    if (other !== undefined) throw unsupported(`\`${other}\` beside \`enum\` or \`const\``, at);
    return values.length > 0 ? anyOf(values.map((value) => literal(JSON.stringify(value)))) : undefined;
  }

  #typed(schema: Schema, at: string): string | undefined {
    const named = typesOf(schema, at);
    const asked = (['object', 'array', 'string', 'number'] as const).filter((type) => asksOf(schema, type));
    // What a schema without a type asks of one type, it is about
    const types = named ?? (asked.length > 0 ? asked : undefined);
    if (!types) return this.json.any;
    const bodies = types.flatMap((type) => this.#ofType(type, schema, at) ?? []);
    return bodies.length > 0 ? anyOf(bodies) : undefined;
  }

  #ofType(type: Type, schema: Schema, at: string): string | undefined {
    switch (type) {
      case 'object':
        return asksOf(schema, 'object') ? objectBody(this, schema, at) : this.json.object;
      case 'array':
        return asksOf(schema, 'array') ? this.#array(schema, at) : this.json.array;
      case 'string':
        return asksOf(schema, 'string') ? this.#string(schema, at) : this.json.string;
      case 'boolean':
        return '("true" | "false")';
      case 'null':
        return '"null"';
      default:
        return this.#number(schema, type === 'integer', at);
    }
  }

  #string(schema: Schema, at: string): string | undefined {
    const text = this.#text(schema, at);
    return text && `("\\"" ${text} "\\"")`;
  }

  #text(schema: Schema, at: string): string | undefined {
    const { pattern, format } = schema;
    const min = count(schema, 'minLength', at) ?? 0;
    const max = count(schema, 'maxLength', at);
    const together = (['pattern', 'format'] as const).filter((keyword) => schema[keyword] !== undefined);
    if (together.length > 1 || (together.length > 0 && (min > 0 || max !== undefined)))
      throw unsupported(
        `\`${together[0]}\` beside \`${together[1] ?? (min > 0 ? 'minLength' : 'maxLength')}\``,
        at,
      );
    if (pattern !== undefined) {
      if (typeof pattern !== 'string') throw malformed('pattern', at, 'a regular expression');
      return someMatch(pattern, jsonClassOf, `${this.json.char}*`);
    }
    if (format !== undefined) {
      if (typeof format !== 'string' || !Object.hasOwn(FORMATS, format))
        throw unsupported(`the \`format\` ${JSON.stringify(format)}`, at);
      return wholeMatch(FORMATS[format]!, jsonClassOf);
    }
    if (max !== undefined && max < min) return undefined;
    return repeat(this.json.char, bounded(min, 'minLength', at), max && Math.min(max, MAX_REPEAT));
  }

  #number(schema: Schema, isInteger: boolean, at: string): string | undefined {
    const { multipleOf } = schema;
    if (multipleOf !== undefined && !(isInteger && multipleOf === 1)) throw unsupported('`multipleOf`', at);
    return numbersWithin(range(schema, at), isInteger);
  }

  #array(schema: Schema, at: string): string | undefined {
    if (schema.uniqueItems !== undefined && schema.uniqueItems !== false)
      throw unsupported('`uniqueItems`', at);
    const min = bounded(count(schema, 'minItems', at) ?? 0, 'minItems', at);
    const max = count(schema, 'maxItems', at);
    // Before draft 2020-12 a list of `items` was what `prefixItems` is now
    const [first, rest] = Array.isArray(schema.items)
      ? ['items', schema.additionalItems]
      : ['prefixItems', schema.items];
    const heads =
      schema[first] === undefined || (schema[first] as unknown[]).length === 0
        ? []
        : schemas(schema, first, at);
    if (rest !== undefined && !isSchema(rest)) throw malformed('items', at, 'a schema');
    // A list whose first items are named has no others unless the schema says so
    const tail = this.values(rest ?? heads.length === 0, `${at}/items`);
    const { space } = this.json;
    const comma = `${space} "," ${space}`;
    const bodies = heads.map((head, i) => this.values(head, `${at}/${first}/${i}`));
    const allowed = bodies.indexOf(undefined) < 0 ? bodies.length : bodies.indexOf(undefined);
    const isCut = allowed < bodies.length || tail === undefined;
    const most = Math.min(max ?? Number.POSITIVE_INFINITY, isCut ? allowed : Number.POSITIVE_INFINITY);
    if (min > most) return undefined;

    // Item by item while each is its own, and what follows them repeated
    let after: string | undefined;
    if (most > allowed && tail !== undefined) {
      const left = most === Number.POSITIVE_INFINITY ? undefined : Math.min(most, MAX_REPEAT) - allowed;
      const needed = Math.max(0, min - allowed);
      if (allowed === 0) {
        const more = repeat(
          `${comma} ${tail}`,
          Math.max(0, needed - 1),
          left === undefined ? undefined : left - 1,
        );
        after = needed > 0 ? `(${tail} ${more})` : `(${tail} ${more})?`;
      } else after = repeat(`${comma} ${tail}`, needed, left);
    }
    for (let i = Math.min(allowed, most) - 1; i >= 0; i--) {
      const item = `${i > 0 ? `${comma} ` : ''}${bodies[i]} ${after ?? ''}`;
      after = this.rules.add(min > i ? item : `(${item})?`);
    }
    return `("[" ${space} ${after ?? ''} ${space} "]")`;
  }
}

function bounded(value: number, keyword: string, at: string): number {
  if (value > MAX_REPEAT) throw unsupported(`a \`${keyword}\` of more than ${MAX_REPEAT}`, at);
  return value;
}

function range(schema: Schema, at: string): NumberRange {
  const limit = (keyword: string, exclusive: string, pick: (a: number, b: number) => number) => {
    const value = bound(schema, keyword, at);
    // In draft 4 a flag, later a bound of its own
    if (typeof schema[exclusive] === 'boolean')
      return value === undefined ? undefined : { value, isExclusive: schema[exclusive] };
    const open = bound(schema, exclusive, at);
    if (open === undefined) return value === undefined ? undefined : { value, isExclusive: false };
    if (value === undefined || pick(open, value) === open) return { value: open, isExclusive: true };
    return { value, isExclusive: false };
  };
  return {
    min: limit('minimum', 'exclusiveMinimum', Math.max),
    max: limit('maximum', 'exclusiveMaximum', Math.min),
  };
}

function bound(schema: Schema, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(keyword, at, 'a number');
  return value;
}
