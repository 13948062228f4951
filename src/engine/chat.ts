import type { ChatMessage, RenderOptions } from '../../models/chat/index.ts';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Message, Prompt, ReasoningEffort } from '../protocol/generate.ts';

/** What a model's template is given. */
export interface Chat extends Pick<RenderOptions, 'tools' | 'choices'> {
  messages: ChatMessage[];
}

type Messages = Extract<Prompt, { kind: 'messages' }>;

/**
 * A conversation in the words of templates. Only they open and end turns: whatever messages and tools say stays text.
 * Fails with `not-supported` where the template has no place for what is asked.
 */
export function toChat(
  { messages, tools = [], reasoning }: Messages,
  template: string | undefined,
  tokenizer: Tokenizer,
): Chat {
  const guard = (text: string) => tokenizer.guard(text);
  if (tools.length > 0 && !template?.includes('tools'))
    throw new HearthError(
      'not-supported',
      'This model was not taught to call tools: its chat template has no place for `tools`. Leave them out, or choose another model.',
    );
  return {
    messages: messages.map((message) => guarded(toChatMessage(message), guard)),
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

function toChatMessage({ role, content, reasoning, toolCalls, toolCallId, name }: Message): ChatMessage {
  return {
    role,
    content,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCalls ? { tool_calls: toolCalls.map(toTemplateCall) } : {}),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(name === undefined ? {} : { name }),
  };
}

function toTemplateCall({ id, name, arguments: json }: NonNullable<Message['toolCalls']>[number]): unknown {
  return { id, type: 'function', function: { name, arguments: JSON.parse(json) } };
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
