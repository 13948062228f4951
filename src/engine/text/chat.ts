import type { ChatMessage, RenderOptions } from '../../../models/chat/index.ts';
import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { FunctionCall, Message, Prompt, ReasoningEffort } from '../../protocol/generate.ts';
import { inWords, needsWords } from './tools-in-words.ts';

/** What a model's template is given. */
export interface Chat extends Pick<RenderOptions, 'tools' | 'choices'> {
  messages: ChatMessage[];
}

type Messages = Extract<Prompt, { kind: 'messages' }>;

/**
 * A conversation in the words of templates. Only they open and end turns: whatever messages and tools say stays text.
 * Fails with `not-supported` where the template has no place for what is asked.
 */
export function toChat(prompt: Messages, template: string | undefined, tokenizer: Tokenizer): Chat {
  const { messages, tools = [], reasoning } = needsWords(prompt, template) ? inWords(prompt) : prompt;
  const guard = (text: string) => tokenizer.guard(text);
  const ids = callIds(messages, template);
  return {
    messages: messages.map((message) => guarded(toChatMessage(message, ids), guard)),
    ...(tools.length > 0
      ? {
          tools: tools.map(({ name, description, parameters }) =>
            guarded(
              {
                type: 'function',
                function: {
                  name,
                  ...(description === undefined ? {} : { description }),
                  parameters: JSON.parse(parameters),
                },
              },
              guard,
            ),
          ),
        }
      : {}),
    ...(reasoning ? { choices: choicesOf(reasoning, template) } : {}),
  };
}

/** All that a message says. */
export function textsOfMessage({ content, reasoning = '', toolCalls = [] }: Message): string[] {
  return [reasoning, content, ...toolCalls.flatMap((call) => [call.name, call.arguments])];
}

/** Ids of calls as a template wants them: Mistral's refuse those that are not nine characters long. */
function callIds(messages: readonly Message[], template: string | undefined): (id: string) => string {
  if (!/length\s*!=\s*9\b/.test(template ?? '')) return (id) => id;
  const known = new Set(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id)));
  const order = [...known];
  return (id) => (id.length === 9 ? id : `call${String(order.indexOf(id) + 1).padStart(5, '0')}`);
}

function toChatMessage(
  { role, content, reasoning, toolCalls, toolCallId, name }: Message,
  idOf: (id: string) => string,
): ChatMessage {
  return {
    role,
    content,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCalls ? { tool_calls: toolCalls.map((call) => toTemplateCall(call, idOf)) } : {}),
    ...(toolCallId === undefined ? {} : { tool_call_id: idOf(toolCallId) }),
    ...(name === undefined ? {} : { name }),
  };
}

function toTemplateCall({ id, name, arguments: json }: FunctionCall, idOf: (id: string) => string): unknown {
  return { id: idOf(id), type: 'function', function: { name, arguments: JSON.parse(json) } };
}

/** The two names that templates have for how much a model thinks. */
function choicesOf(reasoning: ReasoningEffort, template = ''): Record<string, unknown> {
  const names = ['enable_thinking', 'reasoning_effort'].filter((name) => template.includes(name));
  if (names.length === 0 && reasoning !== 'off')
    throw new HearthError(
      'not-supported',
      'This model cannot be told how much to think before it answers: leave `reasoning_effort`, `reasoning` or `thinking` out, or choose another model.',
    );
  const isGraded = reasoning !== 'off' && reasoning !== 'on';
  return { enable_thinking: reasoning !== 'off', ...(isGraded ? { reasoning_effort: reasoning } : {}) };
}

/** The value with all its texts guarded, the names of its members too. */
function guarded<Value>(value: Value, guard: (text: string) => string): Value {
  if (typeof value === 'string') return guard(value) as Value;
  if (Array.isArray(value)) return value.map((one) => guarded(one, guard)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [guard(name), guarded(one, guard)]),
  ) as Value;
}
