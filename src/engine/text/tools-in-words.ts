// Tools for models whose template has no place for them: told in words, in the tags that most open models know.
import { hermes } from '../../../models/chat/answers/formats/hermes.ts';
import type { FunctionCall, Message, Prompt, ToolFunction } from '../../protocol/generate.ts';

type Messages = Extract<Prompt, { kind: 'messages' }>;

/** How such a model answers, and writes its calls. */
export const FORMAT_IN_WORDS = hermes;
const SYNTAX = hermes.calls!(undefined);

/** Whether a conversation has tools, or calls of such, that the model's template cannot write. */
export function needsWords({ messages, tools = [] }: Messages, template: string | undefined): boolean {
  const hasTools = tools.length > 0 || messages.some(({ role, toolCalls }) => toolCalls || role === 'tool');
  return hasTools && !template?.includes('tools');
}

/** The same conversation in texts alone. */
export function inWords({ messages, tools = [], ...rest }: Messages): Messages {
  const texts = messages.map(toText);
  if (tools.length === 0) return { ...rest, messages: joined(texts) };
  const [first, ...others] = texts;
  const instructions = instructionsFor(tools);
  return {
    ...rest,
    messages: joined(
      first?.role === 'system'
        ? [{ ...first, content: `${first.content}\n\n${instructions}` }, ...others]
        : [{ role: 'system', content: instructions }, ...texts],
    ),
  };
}

function instructionsFor(tools: readonly ToolFunction[]): string {
  const list = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ type: 'function', function: { name, description, parameters: JSON.parse(parameters) } }),
  );
  return [
    'You can call functions to answer the user. These are their signatures:',
    `<tools>\n${list.join('\n')}\n</tools>`,
    'To call one, write its name and its arguments as JSON, and nothing after it:',
    '<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>',
    'For several calls, write one after the other. If you need none, answer in plain text.',
  ].join('\n');
}

function toText({ role, content, reasoning, toolCalls = [], name, toolCallId }: Message): Message {
  if (role === 'tool') {
    const response = JSON.stringify({ name: name ?? toolCallId, content });
    return { role: 'user', content: `<tool_response>\n${response}\n</tool_response>` };
  }
  const said = [content, ...toolCalls.map(callText)].filter((text) => text !== '');
  return { role, content: said.join('\n'), ...(reasoning === undefined ? {} : { reasoning }) };
}

function callText({ name, arguments: json }: FunctionCall): string {
  return SYNTAX.before(name) + json + SYNTAX.after;
}

/** Templates of many models refuse two turns of one role in a row, as several results of tools are. */
function joined(messages: readonly Message[]): Message[] {
  const result: Message[] = [];
  for (const message of messages) {
    const before = result.at(-1);
    if (before?.role === message.role && message.role === 'user')
      before.content = `${before.content}\n\n${message.content}`;
    else result.push({ ...message });
  }
  return result;
}
