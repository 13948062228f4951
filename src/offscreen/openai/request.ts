import { HearthError } from '../../protocol/errors.ts';
import type { GenerateInput, Message, Prompt, SamplingOptions } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';

/** A request in OpenAI's shape, understood: everything in it is followed. */
export interface OpenAIRequest {
  input: GenerateInput;
  stream: boolean;
  /** Usage comes as a chunk of its own, without choices. */
  includeUsage: boolean;
  returnTokenIds: boolean;
}

const FOLLOWED = new Set([
  ...['model', 'messages', 'prompt', 'stop', 'max_tokens', 'max_completion_tokens', 'keep_tokens'],
  ...['temperature', 'top_p', 'top_k', 'min_p', 'seed'],
  ...['frequency_penalty', 'presence_penalty', 'repetition_penalty'],
  ...['stream', 'stream_options', 'return_token_ids'],
]);
/** They say nothing about the answer. */
const HARMLESS = new Set([
  ...['user', 'metadata', 'service_tier', 'safety_identifier', 'prompt_cache_key', 'parallel_tool_calls'],
]);
/** What cannot be followed may be there as long as it asks for nothing. */
const NEUTRAL: f.Fields = {
  n: 1,
  best_of: 1,
  echo: false,
  suffix: '',
  logprobs: false,
  logit_bias: {},
  tools: [],
  functions: [],
  tool_choice: 'none',
  response_format: { type: 'text' },
  modalities: ['text'],
  store: false,
};

/** OpenAI's default for completions; a chat may go on as long as the context lasts. */
const COMPLETION_TOKENS = 16;
const MAX_TOKENS = 2 ** 31 - 1;

export function parseChat(body: unknown): OpenAIRequest {
  const all = parseFields(body, 'prompt');
  return parseRest(all, { kind: 'messages', messages: parseMessages(all.messages) }, undefined);
}

export function parseCompletion(body: unknown): OpenAIRequest {
  const all = parseFields(body, 'messages');
  return parseRest(all, parsePrompt(all.prompt), COMPLETION_TOKENS);
}

/** @param foreign the field that belongs to the other endpoint */
function parseFields(body: unknown, foreign: string): f.Fields {
  const all = f.fields(body, 'request');
  for (const [field, value] of Object.entries(all)) {
    if (f.isAbsent(value) || HARMLESS.has(field)) continue;
    if (FOLLOWED.has(field) && field !== foreign) continue;
    if (!Object.hasOwn(NEUTRAL, field) || !isSame(value, NEUTRAL[field]))
      throw new f.FieldError(field, 'is something that Hearth cannot follow here: leave it out');
  }
  return all;
}

function isSame(value: unknown, neutral: unknown): boolean {
  try {
    return JSON.stringify(value) === JSON.stringify(neutral);
  } catch {
    // Circles and bigints
    return false;
  }
}

function parseRest(all: f.Fields, prompt: Prompt, defaultMaxTokens: number | undefined): OpenAIRequest {
  const older = f.optionalInteger(all, 'max_tokens', 1, MAX_TOKENS);
  const newer = f.optionalInteger(all, 'max_completion_tokens', 1, MAX_TOKENS);
  if (older && newer && older !== newer)
    throw new f.FieldError('max_tokens', 'and `max_completion_tokens` differ: give one of them');

  const keepTokens = f.optionalInteger(all, 'keep_tokens', 0, MAX_TOKENS);
  return {
    input: {
      model: f.optionalString(all, 'model', limits.MAX_MODEL_ID_CHARS),
      prompt,
      maxTokens: newer ?? older ?? defaultMaxTokens,
      sampling: parseSampling(all),
      stop: parseStop(all.stop),
      shift: keepTokens === undefined ? undefined : { keepTokens },
    },
    stream: f.optionalFlag(all, 'stream'),
    includeUsage: f.optionalFlag(f.fields(all.stream_options ?? {}, 'stream_options'), 'include_usage'),
    returnTokenIds: f.optionalFlag(all, 'return_token_ids'),
  };
}

/** OpenAI's defaults, and a seed of its own for each request that brings none. */
function parseSampling(all: f.Fields): SamplingOptions {
  const seed = f.optionalInteger(all, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return {
    temperature: f.optionalNumber(all, 'temperature', 0, 2) ?? 1,
    topK: f.optionalInteger(all, 'top_k', 0, MAX_TOKENS) ?? 0,
    topP: f.optionalNumber(all, 'top_p', 0, 1) ?? 1,
    minP: f.optionalNumber(all, 'min_p', 0, 1) ?? 0,
    repetitionPenalty: f.optionalNumber(all, 'repetition_penalty', 0.01, 100) ?? 1,
    frequencyPenalty: f.optionalNumber(all, 'frequency_penalty', -2, 2) ?? 0,
    presencePenalty: f.optionalNumber(all, 'presence_penalty', -2, 2) ?? 0,
    // Its low 32 bits
    seed: seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : seed >>> 0,
  };
}

function parseStop(value: unknown): string[] {
  const strings = f.isAbsent(value) ? [] : typeof value === 'string' ? [value] : f.elements(value);
  const isGood = (text: unknown): text is string =>
    typeof text === 'string' && text.length > 0 && text.length <= limits.MAX_STOP_CHARS;
  if (!strings || strings.length > limits.MAX_STOP_STRINGS || !strings.every(isGood))
    throw new f.FieldError(
      'stop',
      `must be a string or at most ${limits.MAX_STOP_STRINGS} strings, each of 1 to ${limits.MAX_STOP_CHARS} characters`,
    );
  return strings;
}

function parsePrompt(value: unknown): Prompt {
  if (typeof value === 'string') {
    checkLength(value.length);
    return { kind: 'text', text: value };
  }
  const ids = f.elements(value);
  const isId = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32;
  if (!ids || ids.length === 0 || !ids.every(isId))
    throw new f.FieldError('prompt', 'must be one string, or an array of token ids');
  // A token is a character or more, as a rule: one bound serves both
  checkLength(ids.length);
  return { kind: 'ids', ids };
}

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

function parseMessages(value: unknown): Message[] {
  const messages = f.elements(value);
  if (!messages || messages.length === 0 || messages.length > limits.MAX_MESSAGES)
    throw new f.FieldError('messages', `must be an array of 1 to ${limits.MAX_MESSAGES} messages`);
  const parsed = messages.map((message, i) => parseMessage(message, `messages[${i}]`));
  checkLength(parsed.reduce((sum, { content }) => sum + content.length, 0));
  return parsed;
}

function parseMessage(value: unknown, name: string): Message {
  const { role, content, ...rest } = f.fields(value, name);
  if (typeof role !== 'string' || !Object.hasOwn(ROLES, role))
    throw new f.FieldError(`${name}.role`, `must be one of ${Object.keys(ROLES).join(', ')}`);
  // Fields that say nothing are fine: an answer of ours, given back, has a refusal of null
  for (const [field, extra] of Object.entries(rest))
    if (!f.isAbsent(extra))
      throw new f.FieldError(`${name}.${field}`, 'is something that Hearth cannot follow: leave it out');
  return { role: ROLES[role]!, content: parseContent(content, `${name}.content`) };
}

function parseContent(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  const parts = f.elements(value);
  if (!parts) throw new f.FieldError(name, 'must be a string or an array of text parts');
  return parts.map((part, i) => parseTextPart(part, `${name}[${i}]`)).join('');
}

function parseTextPart(value: unknown, name: string): string {
  const { type, text } = f.fields(value, name);
  if (type !== 'text') throw new f.FieldError(`${name}.type`, 'must be "text": nothing else is understood');
  if (typeof text !== 'string') throw new f.FieldError(`${name}.text`, 'must be a string');
  return text;
}

function checkLength(length: number): void {
  if (length > limits.MAX_PROMPT_CHARS)
    throw new HearthError(
      'too-long',
      `The prompt is ${length} long; more than ${limits.MAX_PROMPT_CHARS} characters or ids are not taken.`,
    );
}
