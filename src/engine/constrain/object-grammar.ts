import {
  charSet,
  classOf,
  complement,
  intersection,
  jsonClassOf,
  ofText,
  PLAIN_IN_JSON,
} from './char-set.ts';
import { someMatch } from './regex-grammar.ts';
import { MAX_REPEAT } from './regex-syntax.ts';
import { anyOf, literal, repeat, type Rules } from './rules.ts';
import type { SchemaWriter } from './schema-grammar.ts';
import {
  count,
  isSchema,
  malformed,
  namedSchemas,
  names,
  type Schema,
  unsupported,
} from './schema-keywords.ts';

/** The objects of a schema; undefined if there are none. */
export function objectBody(writer: SchemaWriter, schema: Schema, at: string): string | undefined {
  const { rules, json } = writer;
  const { space } = json;
  const required = names(schema, 'required', at);
  const patterns = namedSchemas(schema, 'patternProperties', at);
  const properties = namedSchemas(schema, 'properties', at);
  const additional = schema.additionalProperties ?? (properties.size === 0 && patterns.size === 0);
  if (!isSchema(additional)) throw malformed('additionalProperties', at, 'a schema');
  checkCombination(schema, properties.size, patterns.size, required.length, at);
  // What has to be there, though nothing else is said of it
  for (const name of required) if (!properties.has(name)) properties.set(name, additional);

  const colon = `${space} ":" ${space}`;
  const comma = `${space} "," ${space}`;
  const members = [...properties].flatMap(([name, value]) => {
    const body = writer.values(value, `${at}/properties/${name}`);
    const isRequired = required.includes(name);
    if (body !== undefined)
      return [{ body: `${literal(JSON.stringify(name))} ${colon} ${body}`, isRequired }];
    return isRequired ? [undefined] : [];
  });
  if (members.includes(undefined)) return undefined;

  const min = count(schema, 'minProperties', at) ?? 0;
  const max = count(schema, 'maxProperties', at);
  const certain = members.filter((member) => member?.isRequired).length;
  // Names of one object may be written twice, so that two members need not be two properties
  if (min > Math.max(1, certain)) throw unsupported('a `minProperties` of more than 1', at);
  if (min > certain && members.length > 0) throw unsupported('`minProperties` beside `properties`', at);

  const other = otherMember(writer, schema, [...properties.keys()], colon, at);
  if (max !== undefined && max < certain) return undefined;
  if (max !== undefined && max < members.length)
    throw unsupported('`maxProperties` beside as many `properties`', at);
  const room = max === undefined ? undefined : Math.min(max, MAX_REPEAT) - members.length;
  if (other === undefined || room === 0) {
    if (min > certain) return undefined;
    return `("{" ${space} ${sequence(rules, members as Member[], comma)} ${space} "}")`;
  }
  const more = repeat(`${comma} ${other}`, 0, room);
  if (members.length > 0)
    return `("{" ${space} ${sequence(rules, members as Member[], comma, { first: other, more })} ${space} "}")`;
  const rest = repeat(`${comma} ${other}`, 0, room === undefined ? undefined : room - 1);
  const all = `${other} ${rest}`;
  return `("{" ${space} ${min > 0 ? all : `(${all})?`} ${space} "}")`;
}

interface Member {
  body: string;
  isRequired: boolean;
}

/** Members in their order, those that need not be there left out or not; `others` may follow. */
function sequence(
  rules: Rules,
  members: readonly Member[],
  comma: string,
  others?: { first: string; more: string },
): string {
  // What may come from a member on: as the first of all, or behind others
  let first = others ? `(${others.first} ${others.more})?` : '""';
  let later = others ? others.more : '""';
  for (const { body, isRequired } of [...members].reverse()) {
    const follows = rules.add(later);
    const begins = isRequired ? undefined : rules.add(first);
    first = anyOf([`${body} ${follows}`, ...(begins ? [begins] : [])]);
    later = isRequired ? `${comma} ${body} ${follows}` : `(${comma} ${body})? ${follows}`;
  }
  return `(${first})`;
}

function checkCombination(
  schema: Schema,
  properties: number,
  patterns: number,
  required: number,
  at: string,
): void {
  const isClosed = schema.additionalProperties === undefined || schema.additionalProperties === false;
  if (patterns > 1) throw unsupported('more than one of `patternProperties`', at);
  if (patterns > 0 && properties > 0) throw unsupported('`patternProperties` beside `properties`', at);
  if (patterns > 0 && required > 0) throw unsupported('`patternProperties` beside `required`', at);
  if (patterns > 0 && !isClosed) throw unsupported('`patternProperties` beside `additionalProperties`', at);
  if (schema.propertyNames !== undefined && properties + patterns + required > 0)
    throw unsupported('`propertyNames` beside named properties', at);
}

/** A member whose name is not among those that the schema speaks of. */
function otherMember(
  writer: SchemaWriter,
  schema: Schema,
  known: readonly string[],
  colon: string,
  at: string,
): string | undefined {
  const { rules, json } = writer;
  const [pattern] = namedSchemas(schema, 'patternProperties', at);
  if (pattern) {
    const body = writer.values(pattern[1], `${at}/patternProperties`);
    const name = `"\\"" ${someMatch(pattern[0], jsonClassOf, `${json.char}*`)} "\\""`;
    return body && `${name} ${colon} ${body}`;
  }
  const value =
    schema.additionalProperties ?? Object.keys(namedSchemas(schema, 'properties', at)).length === 0;
  const isOpen = schema.additionalProperties !== undefined || schema.properties === undefined;
  const body = isOpen && isSchema(value) ? writer.values(value, `${at}/additionalProperties`) : undefined;
  if (body === undefined) return undefined;
  if (schema.propertyNames !== undefined) {
    if (!isSchema(schema.propertyNames)) throw malformed('propertyNames', at, 'a schema');
    const name = schema.propertyNames === true ? json.string : textSchema(writer, schema.propertyNames, at);
    return name && `${name} ${colon} ${body}`;
  }
  return `${known.length > 0 ? otherName(rules, known) : json.string} ${colon} ${body}`;
}

function textSchema(writer: SchemaWriter, schema: unknown, at: string): string | undefined {
  if (schema === false) return undefined;
  const merged = { allOf: [{ type: 'string' }, schema as Schema] };
  return writer.values(merged, `${at}/propertyNames`);
}

/** A name in quotes, none of some, with no escapes, so that it is none of them in other letters either. */
function otherName(rules: Rules, known: readonly string[]): string {
  const any = `${classOf(PLAIN_IN_JSON)}*`;
  const rest = (tails: readonly string[]): string => {
    const firsts = [...new Set(tails.filter((tail) => tail !== '').map((tail) => [...tail][0]!))];
    const ways = firsts.flatMap((char) => {
      const written = classOf(intersection(ofText(char), PLAIN_IN_JSON));
      const inner = tails.filter((tail) => tail.startsWith(char)).map((tail) => tail.slice(char.length));
      return written ? [`${written} ${rest(inner)}`] : [];
    });
    const others = classOf(intersection(PLAIN_IN_JSON, complement(charSet(ofText(firsts.join(''))))));
    if (others) ways.push(`${others} ${any} "\\""`);
    if (!tails.includes('')) ways.push('"\\""');
    return rules.add(anyOf(ways));
  };
  return `"\\"" ${rest(known)}`;
}
