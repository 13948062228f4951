import { JsonScanner, jsonItems, jsonMembers, parseJson } from './json-text.ts';
import type { Call, CallSyntax } from './part.ts';
import { pythonCalls } from './pythonic.ts';

/** What stands between the marks of a call: the calls, or undefined where it is none. */
export type ReadCalls = (body: string) => Call[] | undefined;

const NAME = /^[\w.:/-]{1,256}$/;

/** `{"name": …, "arguments": {…}}`, several of them, or a list of such, under the names that families give them. */
export const jsonCalls: ReadCalls = (body) => {
  const text = body.trim();
  const value = parseJson(text);
  if (Array.isArray(value)) return all(jsonItems(text).map(jsonCall));
  const call = value === undefined ? undefined : jsonCall(text);
  return call && [call];
};

/** `[f(x=1), g()]`, or JSON. */
export const pythonOrJsonCalls: ReadCalls = (body) => jsonCalls(body) ?? pythonCalls(body);

/** A name, and its arguments as JSON behind it: `f{"x": 1}`. */
export function namedCall(name: string, args: string, id?: string): Call | undefined {
  const trimmed = args.trim() || '{}';
  const isObject = trimmed.startsWith('{') && parseJson(trimmed) !== undefined;
  if (!NAME.test(name) || !isObject) return undefined;
  return id ? { name, id, arguments: trimmed } : { name, arguments: trimmed };
}

/** Calls in a list of JSON behind a mark. */
export function jsonList(open: string, end: string, args: string, name = 'name'): CallSyntax {
  return {
    open,
    begin: `${open}[`,
    between: ', ',
    end,
    before: (called) => `{"${name}": ${JSON.stringify(called)}, "${args}": `,
    after: '}',
  };
}

/** Objects that stand one after the other, with white space, semicolons or commas between them. */
export const jsonSequence: ReadCalls = (body) => {
  const calls: (Call[] | undefined)[] = [];
  for (let rest = body.trim(); rest !== ''; ) {
    const length = new JsonScanner().push(rest) ?? 0;
    if (length === 0) return undefined;
    calls.push(jsonCalls(rest.slice(0, length)));
    rest = rest.slice(length).replace(/^[\s;,]+/, '');
  }
  return calls.includes(undefined) ? undefined : all(calls.flat());
};

export function all(calls: readonly (Call | undefined)[]): Call[] | undefined {
  return calls.length > 0 && calls.every((call) => call !== undefined) ? [...calls] : undefined;
}

function jsonCall(text: string): Call | undefined {
  if (!text.startsWith('{')) return undefined;
  const members = jsonMembers(text);
  const inner = members.get('function');
  if (inner?.startsWith('{')) return jsonCall(inner);
  const name = textOf(members.get('name') ?? members.get('tool_name') ?? inner);
  const given = members.get('arguments') ?? members.get('parameters') ?? '{}';
  const id = members.get('id') ?? members.get('tool_call_id');
  // Some write them as a text of JSON
  return name === undefined ? undefined : namedCall(name, textOf(given) ?? given, textOf(id));
}

function textOf(json: string | undefined): string | undefined {
  const value = json === undefined ? undefined : parseJson(json);
  return typeof value === 'string' ? value : undefined;
}
