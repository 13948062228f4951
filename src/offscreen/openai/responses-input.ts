import type { Message } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';
import { parseArguments, parseContent } from './messages.ts';

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;

/** Responses' input: a text, or items, of which those of one turn of the assistant come together as one message. */
export function parseInput(value: unknown): Message[] {
  if (f.isAbsent(value)) return [];
  if (typeof value === 'string') return [{ role: 'user', content: value }];
  const items = f.list(value, 'input', limits.MAX_MESSAGES);
  const messages: Message[] = [];
  for (const [i, item] of items.entries()) join(messages, parseItem(item, `input[${i}]`));
  return messages;
}

/** A thought, a text and calls of the assistant that follow each other are one turn; a text after calls begins another. */
export function join(messages: Message[], next: Message): void {
  const last = messages.at(-1);
  const isOneTurn = next.role === 'assistant' && last?.role === 'assistant';
  if (!isOneTurn || (last.toolCalls && !next.toolCalls)) {
    messages.push(next);
    return;
  }
  messages[messages.length - 1] = {
    role: 'assistant',
    content: last.content + next.content,
    ...(last.reasoning || next.reasoning
      ? { reasoning: (last.reasoning ?? '') + (next.reasoning ?? '') }
      : {}),
    ...(last.toolCalls || next.toolCalls
      ? { toolCalls: [...(last.toolCalls ?? []), ...(next.toolCalls ?? [])] }
      : {}),
  };
}

/** By the type of an item; a message may go without. */
function parseItem(value: unknown, name: string): Message {
  const all = f.fields(value, name);
  switch (all.type ?? 'message') {
    case 'message':
      return parseMessage(all, name);
    case 'function_call':
      return parseCall(all, name);
    case 'function_call_output':
      only(all, name, ['call_id', 'output']);
      return {
        role: 'tool',
        content: parseContent(all.output, `${name}.output`, ['input_text', 'output_text']),
        toolCallId: callId(all, name),
      };
    case 'reasoning':
      return parseReasoning(all, name);
    default:
      throw new f.FieldError(
        `${name}.type`,
        'must be "message", "function_call", "function_call_output" or "reasoning"',
      );
  }
}

function parseMessage(all: f.Fields, name: string): Message {
  only(all, name, ['role', 'content', 'phase']);
  const role = f.optionalChoice(all, 'role', ROLES, `${name}.`);
  if (role === undefined) throw new f.FieldError(`${name}.role`, 'must be there');
  const types = role === 'assistant' ? ['output_text', 'input_text', 'refusal'] : ['input_text'];
  const content = parseContent(all.content, `${name}.content`, types);
  return { role: role === 'developer' ? 'system' : role, content };
}

function parseCall(all: f.Fields, name: string): Message {
  only(all, name, ['call_id', 'name', 'arguments']);
  const call = {
    id: callId(all, name),
    name: f.text(all.name, `${name}.name`),
    arguments: parseArguments(all.arguments, `${name}.arguments`),
  };
  return { role: 'assistant', content: '', toolCalls: [call] };
}

function callId(all: f.Fields, name: string): string {
  const id = f.optionalString(all, 'call_id', 200, `${name}.`);
  if (id === undefined) throw new f.FieldError(`${name}.call_id`, 'must be there');
  return id;
}

function parseReasoning(all: f.Fields, name: string): Message {
  only(all, name, ['content'], { summary: [] });
  const content = f.isAbsent(all.content) ? [] : all.content;
  return {
    role: 'assistant',
    content: '',
    reasoning: parseContent(content, `${name}.content`, ['reasoning_text']),
  };
}

/** What an item of ours, given back, says besides. */
function only(all: f.Fields, name: string, followed: string[], neutral: f.Fields = {}): void {
  f.onlyFields(all, new Set(['type', 'id', 'status', ...followed]), neutral, `${name}.`);
}
