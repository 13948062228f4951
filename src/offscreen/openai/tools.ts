import type { GenerateInput, ToolChoice, ToolFunction } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';

const NAME = /^[\w.:/-]{1,256}$/;

/** What a request says of tools, in any API's words. */
export interface Tools {
  /** None if they are not to be called. */
  tools: ToolFunction[];
  toolChoice: ToolChoice;
}

/** Where a tool's schema is, and its strictness, differs: `name` is the path of the one that is parsed. */
export function parseFunction(all: f.Fields, schema: unknown, name: string): ToolFunction {
  const called = all.name;
  if (typeof called !== 'string' || !NAME.test(called))
    throw new f.FieldError(`${name}.name`, 'must be 1 to 256 letters, digits, and _ . : / -');
  const description = f.isAbsent(all.description)
    ? undefined
    : f.text(all.description, `${name}.description`);
  if ((description?.length ?? 0) > limits.MAX_TOOL_CHARS)
    throw new f.FieldError(`${name}.description`, `must be at most ${limits.MAX_TOOL_CHARS} characters`);
  const object = f.isAbsent(schema)
    ? { type: 'object', properties: {} }
    : f.fields(schema, `${name}.parameters`);
  const strict = f.optionalFlag(all, 'strict');
  return {
    name: called,
    description,
    parameters: f.json(object, `${name}.parameters`, limits.MAX_TOOL_CHARS),
    ...(strict ? { strict } : {}),
  };
}

/** Tools of a list, each with a name of its own. */
export function parseToolList(
  value: unknown,
  parse: (tool: unknown, name: string) => ToolFunction,
): ToolFunction[] {
  if (f.isAbsent(value)) return [];
  const tools = f.list(value, 'tools', limits.MAX_TOOLS).map((tool, i) => parse(tool, `tools[${i}]`));
  const doubled = tools.find(({ name }, i) => tools.findIndex((other) => other.name === name) < i);
  if (doubled) throw new f.FieldError('tools', `must have a name each: two are called ${doubled.name}`);
  return tools;
}

const CHAT_TOOL = new Set(['type', 'function']);
const CHAT_FUNCTION = new Set(['name', 'description', 'parameters', 'strict']);

/** Of Chat Completions: `{type: 'function', function: {name, …}}`. */
export function parseChatTools(value: unknown, choice: unknown): Tools {
  const tools = parseToolList(value, (tool, name) => {
    const all = functionTool(tool, name);
    f.onlyFields(all, CHAT_TOOL, {}, `${name}.`);
    const inner = f.fields(all.function, `${name}.function`);
    f.onlyFields(inner, CHAT_FUNCTION, {}, `${name}.function.`);
    return parseFunction(inner, inner.parameters, `${name}.function`);
  });
  return chosen(tools, choice, (all) => f.fields(all.function, 'tool_choice.function').name);
}

const RESPONSES_TOOL = new Set(['type', 'name', 'description', 'parameters', 'strict']);

/** Of Responses: `{type: 'function', name, …}`. */
export function parseResponsesTools(value: unknown, choice: unknown): Tools {
  const tools = parseToolList(value, (tool, name) => {
    const all = functionTool(tool, name);
    f.onlyFields(all, RESPONSES_TOOL, {}, `${name}.`);
    return parseFunction(all, all.parameters, name);
  });
  return chosen(tools, choice, (all) => all.name);
}

function functionTool(tool: unknown, name: string): f.Fields {
  const all = f.fields(tool, name);
  if (all.type !== 'function')
    throw new f.FieldError(`${name}.type`, 'must be "function": Hearth has no tools of its own');
  return all;
}

function chosen(tools: ToolFunction[], value: unknown, nameOf: (all: f.Fields) => unknown): Tools {
  if (f.isAbsent(value) || value === 'auto') return { tools, toolChoice: 'auto' };
  if (value === 'none') return { tools: [], toolChoice: 'auto' };
  if (tools.length === 0) throw new f.FieldError('tool_choice', 'needs `tools` to choose from');
  if (value === 'required') return { tools, toolChoice: 'required' };
  if (typeof value !== 'object' || (value as f.Fields).type !== 'function')
    throw new f.FieldError('tool_choice', 'must be "auto", "none", "required" or a function of `tools`');
  return { tools, toolChoice: named(tools, nameOf(value as f.Fields)) };
}

/** A choice of one tool. */
export function named(tools: ToolFunction[], name: unknown): ToolChoice {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new f.FieldError('tool_choice', 'must name one of `tools`');
  return { name: tool.name };
}

/** What the engine is told of them. */
export function toolInput(
  { toolChoice }: Tools,
  isParallel: boolean,
): Pick<GenerateInput, 'toolChoice' | 'maxToolCalls'> {
  return {
    ...(toolChoice === 'auto' ? {} : { toolChoice }),
    ...(isParallel ? {} : { maxToolCalls: 1 }),
  };
}

/** `parallel_tool_calls`, which is true if absent. */
export function isParallel(all: f.Fields): boolean {
  return f.isAbsent(all.parallel_tool_calls) || f.optionalFlag(all, 'parallel_tool_calls');
}
