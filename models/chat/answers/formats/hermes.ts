import { all, jsonCalls, namedCall, type ReadCalls } from '../calls.ts';
import { parseJson } from '../json-text.ts';
import type { Call } from '../part.ts';
import { sections, THINK } from './think.ts';

/** Qwen 3 Coder's: `<function=name><parameter=x>…</parameter></function>`. */
const xmlCalls: ReadCalls = (body) => {
  const functions = elements(body, 'function');
  return functions && all(functions.map(([name, inner]) => xmlCall(name, inner)));
};

function xmlCall(name: string, inner: string): Call | undefined {
  const parameters = elements(inner, 'parameter');
  const members = parameters?.map(([key, value]) => `${JSON.stringify(key)}: ${asJson(value)}`);
  return members && namedCall(name, `{${members.join(', ')}}`);
}

/** `<tag=name>value</tag>`, one after the other; undefined where there is anything else. */
function elements(text: string, tag: string): [name: string, value: string][] | undefined {
  const parts = text.trim().split(`</${tag}>`);
  if (parts.pop() !== '') return text.trim() === '' ? [] : undefined;
  const found = parts.map((part) => new RegExp(`^\\s*<${tag}=([^>\\s]+)>\\n?(.*)$`, 's').exec(part));
  if (found.some((match) => !match)) return undefined;
  return found.map((match) => [match![1]!, match![2]!.replace(/\n$/, '')]);
}

/** GLM 4.5's: a name, then `<arg_key>x</arg_key><arg_value>…</arg_value>`. */
const keyedCall: ReadCalls = (body) => {
  const [name, ...pairs] = body.split('<arg_key>');
  const members = pairs.map((pair) => /^(.*?)<\/arg_key>\s*<arg_value>(.*)<\/arg_value>\s*$/s.exec(pair));
  if (pairs.length === 0 || members.some((member) => !member)) return undefined;
  const args = members.map((member) => `${JSON.stringify(member![1])}: ${asJson(member![2]!)}`);
  const call = namedCall(name!.trim(), `{${args.join(', ')}}`);
  return call && [call];
};

/** What is no JSON by itself is a text. */
function asJson(value: string): string {
  return parseJson(value) === undefined ? JSON.stringify(value) : value.trim();
}

/** Hermes' and Qwen's: a call of JSON between `<tool_call>` and `</tool_call>`. */
export const hermes = sections(
  'hermes',
  ['<tool_call>'],
  [
    THINK,
    {
      kind: 'calls',
      open: '<tool_call>',
      close: '</tool_call>',
      read: (body) => jsonCalls(body) ?? xmlCalls(body) ?? keyedCall(body),
    },
  ],
  {
    calls: () => ({
      open: '<tool_call>',
      begin: '',
      between: '\n',
      end: '',
      before: (name) => `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": `,
      after: '}\n</tool_call>',
    }),
  },
);
