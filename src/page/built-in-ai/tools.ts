import type { ToolDeclaration, Turn } from '../../protocol/built-in-ai.ts';
import type { LanguageModelToolCall } from './tool-values.ts';
import * as idl from './webidl.ts';

const Tool = idl.dictionary({
  description: idl.required(idl.string),
  execute: idl.callback,
  inputSchema: idl.required(idl.object),
  name: idl.required(idl.string),
});

type Execute = (...args: unknown[]) => unknown;
/** What runs the tools, by their names. */
export type Functions = ReadonlyMap<string, Execute>;

/** The tools as they are declared, and the functions of those that have one, by name. */
export const tools: idl.Convert<{ declarations: ToolDeclaration[]; functions: Functions }> = (
  value,
  what,
) => {
  const functions = new Map<string, Execute>();
  const declarations = idl
    .sequence(Tool)(value, what)
    .map(({ name, description, inputSchema, execute }) => {
      if (execute) functions.set(name, execute);
      return { name, description, inputSchema: schemaText(inputSchema) };
    });
  return { declarations, functions };
};

/** What an author's getters and `toJSON` throw goes through to them. */
function schemaText(schema: { type?: unknown; properties?: unknown; required?: unknown }): string {
  const { type, properties = {}, required = [] } = schema;
  const text = JSON.stringify(schema);
  if (type !== 'object' || !idl.isObject(properties) || !Array.isArray(required) || !text?.startsWith('{'))
    throw new TypeError(
      "An inputSchema must have type 'object', and describe properties and what is required.",
    );
  return text;
}

/** All at once. What a tool throws is told to the model. */
export async function runTools(calls: LanguageModelToolCall[], functions: Functions): Promise<Turn> {
  const content = calls.map(async ({ callID, name, arguments: given }) => {
    try {
      const result = JSON.stringify(`${await functions.get(name)!(given)}`);
      return { type: 'tool-response', value: { callID, name, result } } as const;
    } catch (error) {
      return { type: 'tool-response', value: { callID, name, errorMessage: `${error}` } } as const;
    }
  });
  return { role: 'user', content: await Promise.all(content) };
}
