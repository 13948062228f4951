import type { GenerateInput, Message, Prompt, SamplingOptions } from '../protocol/generate.ts';
import { MAX_STOP_CHARS, MAX_STOP_STRINGS } from '../protocol/limits.ts';
import * as f from './fields.ts';

/** A request in OpenAI's shape, understood. */
export interface OpenAIRequest {
  input: GenerateInput;
  stream: boolean;
  /** Usage comes as a chunk of its own, without choices. */
  includeUsage: boolean;
  returnTokenIds: boolean;
  signal: AbortSignal | undefined;
}

const SAMPLING_FIELDS =
  'temperature top_p top_k min_p frequency_penalty presence_penalty repetition_penalty seed';
const FOLLOWED = new Set(
  `model messages prompt max_tokens max_completion_tokens stop stream stream_options return_token_ids signal ${SAMPLING_FIELDS}`.split(
    ' ',
  ),
);
/** They say nothing about the answer. */
const HARMLESS = new Set(
  'user metadata service_tier safety_identifier prompt_cache_key parallel_tool_calls'.split(' '),
);
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

export function parseChat(body: unknown): OpenAIRequest {
  const all = parseFields(body, 'prompt');
  return parseRest(all, { kind: 'messages', messages: parseMessages(all.messages) }, undefined);
}

export function parseCompletion(body: unknown): OpenAIRequest {
  const all = parseFields(body, 'messages');
  // OpenAI's default, which is another than that of chats
  return parseRest(all, parsePrompt(all.prompt), 16);
}

function parseFields(body: unknown, foreign: string): f.Fields {
  const all = f.fields(body, 'request');
  for (const [field, value] of Object.entries(all)) {
    if (f.isAbsent(value) || HARMLESS.has(field)) continue;
    if (FOLLOWED.has(field) && field !== foreign) continue;
    if (!Object.hasOwn(NEUTRAL, field) || !isSame(value, NEUTRAL[field]))
      throw f.wrong(field, 'is something that Hearth cannot follow here: leave it out');
  }
  return all;
}

function isSame(value: unknown, neutral: unknown): boolean {
  try {
    return JSON.stringify(value) === JSON.stringify(neutral);
  } catch {
    return false;
  }
}

function parseRest(all: f.Fields, prompt: Prompt, defaultMaxTokens: number | undefined): OpenAIRequest {
  const older = f.optionalInteger(all, 'max_tokens', 1, 2 ** 31);
  const newer = f.optionalInteger(all, 'max_completion_tokens', 1, 2 ** 31);
  if (older && newer && older !== newer)
    throw f.wrong('max_tokens', 'and `max_completion_tokens` differ: give one of them');

  const streamOptions = f.isAbsent(all.stream_options) ? {} : f.fields(all.stream_options, 'stream_options');
  return {
    input: {
      model: f.optionalString(all, 'model'),
      prompt,
      maxTokens: newer ?? older ?? defaultMaxTokens,
      sampling: parseSampling(all),
      stop: parseStop(all.stop),
    },
    stream: f.optionalFlag(all, 'stream'),
    includeUsage: f.optionalFlag(streamOptions, 'include_usage'),
    returnTokenIds: f.optionalFlag(all, 'return_token_ids'),
    signal: f.optionalSignal(all),
  };
}

/** OpenAI's defaults, and a seed of its own for each request that brings none. */
export function parseSampling(all: f.Fields): SamplingOptions {
  const seed = f.optionalInteger(all, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return {
    temperature: f.optionalNumber(all, 'temperature', 0, 2) ?? 1,
    topK: f.optionalInteger(all, 'top_k', 0, 2 ** 31) ?? 0,
    topP: f.optionalNumber(all, 'top_p', 0, 1) ?? 1,
    minP: f.optionalNumber(all, 'min_p', 0, 1) ?? 0,
    repetitionPenalty: f.optionalNumber(all, 'repetition_penalty', 0.01, 100) ?? 1,
    frequencyPenalty: f.optionalNumber(all, 'frequency_penalty', -2, 2) ?? 0,
    presencePenalty: f.optionalNumber(all, 'presence_penalty', -2, 2) ?? 0,
    seed: seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : seed >>> 0,
  };
}

function parseStop(value: unknown): string[] {
  const strings = f.isAbsent(value) ? [] : typeof value === 'string' ? [value] : value;
  const isGood = (text: unknown) =>
    typeof text === 'string' && text.length > 0 && text.length <= MAX_STOP_CHARS;
  if (!Array.isArray(strings) || strings.length > MAX_STOP_STRINGS || !strings.every(isGood))
    throw f.wrong(
      'stop',
      `must be a string or at most ${MAX_STOP_STRINGS} strings, each of 1 to ${MAX_STOP_CHARS} characters`,
    );
  return strings as string[];
}

function parsePrompt(value: unknown): Prompt {
  if (typeof value === 'string') return { kind: 'text', text: value };
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32;
  if (Array.isArray(value) && value.length > 0 && value.every(isId)) return { kind: 'ids', ids: [...value] };
  throw f.wrong('prompt', 'must be one string, or an array of token ids');
}

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

function parseMessages(value: unknown): Message[] {
  if (!Array.isArray(value) || value.length === 0)
    throw f.wrong('messages', 'must be an array of at least one message');
  return value.map((message, i) => parseMessage(message, `messages[${i}]`));
}

function parseMessage(value: unknown, name: string): Message {
  const { role, content, ...rest } = f.fields(value, name);
  if (typeof role !== 'string' || !Object.hasOwn(ROLES, role))
    throw f.wrong(`${name}.role`, `must be one of ${Object.keys(ROLES).join(', ')}`);
  // An answer of ours given back has a refusal of null
  for (const [field, extra] of Object.entries(rest))
    if (!f.isAbsent(extra)) throw f.wrong(`${name}.${field}`, 'is something that Hearth cannot follow');
  return { role: ROLES[role]!, content: parseContent(content, `${name}.content`) };
}

function parseContent(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw f.wrong(name, 'must be a string or an array of text parts');
  return value
    .map((item, i) => {
      const part = f.fields(item, `${name}[${i}]`);
      if (part.type !== 'text')
        throw f.wrong(`${name}[${i}].type`, 'must be "text": only text is understood');
      if (typeof part.text !== 'string') throw f.wrong(`${name}[${i}].text`, 'must be a string');
      return part.text;
    })
    .join('');
}
