import type { CallSyntax } from '../../../models/chat/answers/index.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { Constraint, ToolFunction } from '../../protocol/generate.ts';
import { jsonRules } from './json-grammar.ts';
import { anyOf, literal, Rules } from './rules.ts';
import { MAX_RULES, parseSchema, schemaGrammar, SchemaWriter } from './schema-grammar.ts';
import { type Thoughts, thoughtsGrammar } from './thoughts-grammar.ts';

/** What holds calls of tools to what the tools take, in a family's own way to write calls. */
export interface CallConstraint {
  kind: 'calls';
  /** Those that may be called. */
  functions: readonly ToolFunction[];
  /** There is nothing but calls; else they may come in or after a text. */
  isForced: boolean;
  /** One call and no more. */
  isSingle: boolean;
  syntax: CallSyntax;
  thoughts?: Thoughts | undefined;
  /** What the answer is where it is no call. Any text if absent. */
  text?: Extract<Constraint, { kind: 'json' | 'json-schema' }> | undefined;
  /** Control tokens that the family writes around calls and thoughts. */
  marks: readonly string[];
}

const ANY = '[^\\x00]*';

/**
 * The grammar of answers whose calls are right: each names a function, and its arguments are an object of that function's
 * schema. Where a grammar cannot say a schema, any object will do, unless the function is `strict`: then it is refused.
 */
export function toolGrammar({
  functions,
  isForced,
  isSingle,
  syntax,
  thoughts,
  text,
}: CallConstraint): string {
  const rules = new Rules(MAX_RULES);
  const json = jsonRules(rules);
  const { open, begin, between, end, before, after } = syntax;
  const args = functions.map((tool) => `${argumentsOf(tool, rules, json)} ${literal(after)}`);
  const callAfter = (lead: string, cut = 0) =>
    rules.add(
      anyOf(functions.map(({ name }, i) => `${literal((lead + before(name)).slice(cut))} ${args[i]}`)),
    );
  const others =
    isSingle || between === undefined
      ? literal(end)
      : `(${literal(between)} ${callAfter('')})* ${literal(end)}`;
  const calls = () => `${callAfter(begin)} ${others}`;

  const thought = thoughts && thoughtsGrammar(thoughts, (body) => rules.add(body));
  const behind = (body: string) => (thought ? `${thought} ${body}` : body);
  if (isForced) return rules.text(behind(calls()));
  if (text) {
    const schema = text.kind === 'json' ? true : parseSchema(text.schema);
    const said = new SchemaWriter(schema, rules, json).root();
    return rules.text(behind(anyOf([said, rules.add(calls())])));
  }
  // Without a mark, only how an answer begins tells a call from a text
  if (open === '')
    return rules.text(`${rules.add(calls())} | "" | [^{[ \\t\\r\\n] ${ANY} | ${blankText(rules)}`);
  const [first] = functions;
  const cut = (begin + before(first!.name)).indexOf(open) + open.length;
  const rest = rules.add(`${callAfter(begin, cut)} ${others}`);
  return rules.text(`TagDispatch((${literal(open)}, ${rest}), stop_eos=true, loop_behinddispatch=true)`);
}

/** White space, and a text behind it that is no call either. */
function blankText(rules: Rules): string {
  return rules.add(`[ \\t\\r\\n]{1,64} ([^{[ \\t\\r\\n] ${ANY})?`);
}

function argumentsOf(
  { name, parameters, strict }: ToolFunction,
  rules: Rules,
  json: ReturnType<typeof jsonRules>,
): string {
  const schema: unknown = JSON.parse(parameters);
  const objects = { allOf: [{ type: 'object' }, schema] };
  const isPlain = (schema as { type?: unknown }).type === 'object';
  try {
    if (!strict) schemaGrammar(schema);
    const writer = new SchemaWriter(schema, rules, json);
    const body = isPlain ? writer.root() : writer.values(objects, '#');
    if (body !== undefined) return body;
  } catch (error) {
    if (!strict) return json.object;
    if (error instanceof HearthError)
      throw new HearthError(error.code, `The parameters of ${name}: ${error.message}`, { cause: error });
    throw error;
  }
  if (!strict) return json.object;
  throw new HearthError('bad-input', `No object is right by the parameters of ${name}: change their schema.`);
}
