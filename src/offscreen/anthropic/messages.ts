import type { FunctionCall, Message } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from '../openai/fields.ts';
import { unreadPart } from '../openai/messages.ts';

interface Conversation {
  messages: Message[];
  /** What an assistant's turn at the end has said: the answer goes on from there. */
  answerStart: string;
}

/** Anthropic's messages, whose results of tools lie in the user's turns. */
export function parseMessages(value: unknown): Conversation {
  const all = f.list(value, 'messages', limits.MAX_MESSAGES);
  if (all.length === 0) throw new f.FieldError('messages', 'must have at least one message');
  const messages = all.flatMap((message, i) => parseMessage(message, `messages[${i}]`));
  const last = messages.at(-1)!;
  if (last.role !== 'assistant' || last.toolCalls) return { messages, answerStart: '' };
  if (last.content !== last.content.trimEnd())
    throw new f.FieldError('messages', 'must not end with white space where the assistant speaks last');
  return { messages: messages.slice(0, -1), answerStart: last.content };
}

/** A string, or blocks of text and nothing else. */
export function parseText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  return blocks(value, name, { text: (block, path) => f.text(block.text, `${path}.text`) }).join('');
}

function parseMessage(value: unknown, name: string): Message[] {
  const all = f.fields(value, name);
  f.onlyFields(all, new Set(['role', 'content']), {}, `${name}.`);
  const role = f.optionalChoice(all, 'role', ['user', 'assistant'], `${name}.`);
  const path = `${name}.content`;
  if (role === 'user') return parseUser(all.content, path);
  if (role === 'assistant') return [parseAssistant(all.content, path)];
  throw new f.FieldError(`${name}.role`, 'must be there');
}

/** Results come before what the user says beside them, as they answer what was said before. */
function parseUser(content: unknown, name: string): Message[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: Message[] = [];
  let text: string | undefined;
  blocks(content, name, {
    text: (block, path) => {
      text = (text ?? '') + f.text(block.text, `${path}.text`);
    },
    tool_result: (block, path) => {
      const said = f.isAbsent(block.content) ? '' : parseText(block.content, `${path}.content`);
      const isError = f.optionalFlag(block, 'is_error');
      const toolCallId = f.text(block.tool_use_id, `${path}.tool_use_id`);
      results.push({ role: 'tool', content: isError ? `Error: ${said}` : said, toolCallId });
    },
  });
  return text === undefined && results.length > 0
    ? results
    : [...results, { role: 'user', content: text ?? '' }];
}

function parseAssistant(content: unknown, name: string): Message {
  if (typeof content === 'string') return { role: 'assistant', content };
  const message = { role: 'assistant' as const, content: '', reasoning: '', toolCalls: [] as FunctionCall[] };
  blocks(content, name, {
    text: (block, path) => {
      message.content += f.text(block.text, `${path}.text`);
    },
    thinking: (block, path) => {
      message.reasoning += f.text(block.thinking, `${path}.thinking`);
    },
    tool_use: (block, path) => {
      message.toolCalls.push({
        id: f.text(block.id, `${path}.id`),
        name: f.text(block.name, `${path}.name`),
        arguments: f.json(f.fields(block.input, `${path}.input`), `${path}.input`, limits.MAX_TOOL_CHARS),
      });
    },
  });
  return {
    role: 'assistant',
    content: message.content,
    ...(message.reasoning ? { reasoning: message.reasoning } : {}),
    ...(message.toolCalls.length > 0 ? { toolCalls: message.toolCalls } : {}),
  };
}

/** Fields of each type of block; `cache_control` asks for what happens anyway. */
const FIELDS: Record<string, string[]> = {
  text: ['text', 'citations'],
  thinking: ['thinking', 'signature'],
  tool_use: ['id', 'name', 'input', 'caller'],
  tool_result: ['tool_use_id', 'content', 'is_error'],
};

function blocks<Result>(
  value: unknown,
  name: string,
  readers: Record<string, (block: f.Fields, path: string) => Result>,
): Result[] {
  return f.list(value, name, limits.MAX_MESSAGES).map((one, i) => {
    const path = `${name}[${i}]`;
    const block = f.fields(one, path);
    const type = String(block.type);
    if (!Object.hasOwn(readers, type)) throw unreadPart(`${path}.type`, block.type, Object.keys(readers));
    f.onlyFields(block, new Set(['type', 'cache_control', ...FIELDS[type]!]), {}, `${path}.`);
    checkCaching(block, `${path}.`);
    return readers[type]!(block, path);
  });
}

/** What is alike is kept anyway. */
export function checkCaching({ cache_control: caching }: f.Fields, prefix: string): void {
  if (f.isAbsent(caching)) return;
  const name = `${prefix}cache_control`;
  const all = f.fields(caching, name);
  f.onlyFields(all, new Set(['type', 'ttl']), {}, `${name}.`);
  if (all.type !== 'ephemeral') throw new f.FieldError(`${name}.type`, 'must be "ephemeral"');
  f.optionalChoice(all, 'ttl', ['5m', '1h'], `${name}.`);
}
