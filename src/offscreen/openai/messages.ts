import { HearthError } from '../../protocol/errors.ts';
import type { FunctionCall, Message } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
};

/** Fields of a message besides its role and content, by role. Those that are null say nothing. */
const FIELDS: Record<Message['role'], ReadonlySet<string>> = {
  system: new Set(['name']),
  user: new Set(['name']),
  assistant: new Set(['name', 'tool_calls', 'reasoning_content']),
  tool: new Set(['tool_call_id', 'name']),
};

/** Chat Completions' messages. */
export function parseMessages(value: unknown): Message[] {
  const messages = f.elements(value);
  if (!messages || messages.length === 0 || messages.length > limits.MAX_MESSAGES)
    throw new f.FieldError('messages', `must be an array of 1 to ${limits.MAX_MESSAGES} messages`);
  const parsed = messages.map((message, i) => parseMessage(message, `messages[${i}]`));
  checkSize(parsed);
  return parsed;
}

function parseMessage(value: unknown, name: string): Message {
  const { role: given, content, ...rest } = f.fields(value, name);
  if (typeof given !== 'string' || !Object.hasOwn(ROLES, given))
    throw new f.FieldError(`${name}.role`, `must be one of ${Object.keys(ROLES).join(', ')}`);
  const role = ROLES[given]!;
  // An answer of ours, given back, has a refusal of null
  f.onlyFields(rest, FIELDS[role], { annotations: [], tool_calls: [] }, `${name}.`);
  const toolCalls = f.isAbsent(rest.tool_calls) ? [] : parseCalls(rest.tool_calls, `${name}.tool_calls`);
  const mayBeEmpty = role === 'assistant' && toolCalls.length > 0 && f.isAbsent(content);
  const toolCallId = rest.tool_call_id;
  if (role === 'tool' && (typeof toolCallId !== 'string' || toolCallId === ''))
    throw new f.FieldError(`${name}.tool_call_id`, 'must be the id of the call that this answers');
  return {
    role,
    content: mayBeEmpty ? '' : parseContent(content, `${name}.content`, ['text']),
    ...(f.isAbsent(rest.reasoning_content)
      ? {}
      : { reasoning: f.text(rest.reasoning_content, `${name}.reasoning_content`) }),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(role === 'tool' ? { toolCallId: toolCallId as string } : {}),
    ...(f.isAbsent(rest.name) ? {} : { name: f.text(rest.name, `${name}.name`) }),
  };
}

function parseCalls(value: unknown, name: string): FunctionCall[] {
  return f.list(value, name, limits.MAX_TOOLS).map((call, i) => {
    const path = `${name}[${i}]`;
    const { id, type, function: inner } = f.fields(call, path);
    if (type !== 'function') throw new f.FieldError(`${path}.type`, 'must be "function"');
    const all = f.fields(inner, `${path}.function`);
    return {
      id: f.text(id, `${path}.id`),
      name: f.text(all.name, `${path}.function.name`),
      arguments: parseArguments(all.arguments, `${path}.function.arguments`),
    };
  });
}

/** A JSON object, as JSON. */
export function parseArguments(value: unknown, name: string): string {
  const text = f.text(value, name);
  try {
    f.fields(JSON.parse(text), name);
    return text;
  } catch {
    throw new f.FieldError(name, 'must be a JSON object, as a string');
  }
}

/** Text, or parts of these types, whose texts are joined. */
export function parseContent(value: unknown, name: string, types: readonly string[]): string {
  if (typeof value === 'string') return value;
  const parts = f.elements(value);
  if (!parts) throw new f.FieldError(name, 'must be a string or an array of text parts');
  return parts.map((part, i) => parseTextPart(part, `${name}[${i}]`, types)).join('');
}

function parseTextPart(value: unknown, name: string, types: readonly string[]): string {
  const { type, text } = f.fields(value, name);
  if (typeof type !== 'string' || !types.includes(type)) throw unreadPart(`${name}.type`, type, types);
  return f.text(text, `${name}.text`);
}

/** What parts of a message are in the words of all APIs. */
const MEDIA: Record<string, string> = {
  image_url: 'an image',
  input_image: 'an image',
  image: 'an image',
  input_audio: 'a sound',
  file: 'a file',
  input_file: 'a file',
  document: 'a document',
};

/** Says what a model would be needed for. */
export function unreadPart(name: string, type: unknown, types: readonly string[]): f.FieldError {
  const media = Object.hasOwn(MEDIA, String(type)) ? MEDIA[String(type)] : undefined;
  const allowed = types.map((one) => JSON.stringify(one)).join(' or ');
  return new f.FieldError(
    name,
    media
      ? `is ${media}, which needs a model that reads more than text, and Hearth has none yet: send its text, as ${allowed}`
      : `must be ${allowed}`,
  );
}

/** All that messages say together has a limit. */
export function checkSize(messages: readonly Message[]): void {
  const chars = messages.reduce(
    (sum, { content, reasoning = '', toolCalls = [] }) =>
      sum +
      content.length +
      reasoning.length +
      toolCalls.reduce((all, call) => all + call.arguments.length, 0),
    0,
  );
  checkLength(chars);
}

export function checkLength(length: number): void {
  if (length > limits.MAX_PROMPT_CHARS)
    throw new HearthError(
      'too-long',
      `The prompt is ${length} long; more than ${limits.MAX_PROMPT_CHARS} characters or ids are not taken.`,
    );
}
