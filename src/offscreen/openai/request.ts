import {
  type GenerateInput,
  type Prompt,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';
import { checkLength, parseMessages } from './messages.ts';
import { parseFormat } from './response-format.ts';
import { MAX_TOKENS, parseSampling, parseStop } from './sampling.ts';
import { isParallel, parseChatTools, toolInput } from './tools.ts';
import { checkUntold, UNTOLD } from './untold.ts';

/** A request to one of OpenAI's endpoints, understood: everything in it is followed. */
export interface OpenAIRequest {
  /** What is asked for each prompt; Chat Completions has one. */
  inputs: GenerateInput[];
  /** Choices of each prompt. */
  choices: number;
  /** Answers of each prompt, of which the likeliest are its choices. */
  bestOf: number;
  /** What a completion begins with, where it is to repeat its prompt: a text for each. */
  echo: string[] | undefined;
  stream: boolean;
  /** Usage comes as a chunk of its own, without choices. */
  includeUsage: boolean;
  returnTokenIds: boolean;
}

const SHARED = [
  ...['model', 'draft_model', 'stop', 'max_tokens', 'keep_tokens', 'n', 'logprobs'],
  ...['temperature', 'top_p', 'top_k', 'min_p', 'seed'],
  ...['frequency_penalty', 'presence_penalty', 'repetition_penalty', 'logit_bias'],
  ...['stream', 'stream_options', 'return_token_ids'],
  ...UNTOLD,
];
const CHAT = new Set([
  ...SHARED,
  ...['messages', 'max_completion_tokens', 'top_logprobs', 'response_format', 'reasoning_effort'],
  ...['tools', 'tool_choice', 'parallel_tool_calls'],
]);
const COMPLETION = new Set([...SHARED, 'prompt', 'echo', 'best_of']);
/** What cannot be followed may be there as long as it asks for nothing. */
const CHAT_NEUTRAL: f.Fields = {
  functions: [],
  function_call: 'none',
  modalities: ['text'],
  store: false,
  verbosity: 'medium',
};

/** OpenAI's default for completions; a chat may go on as long as the context lasts. */
const COMPLETION_TOKENS = 16;

export function parseChat(body: unknown): OpenAIRequest {
  const all = f.fields(body, 'request');
  f.onlyFields(all, CHAT, CHAT_NEUTRAL);
  const tools = parseChatTools(all.tools, all.tool_choice);
  const reasoning = parseEffort(all, 'reasoning_effort');
  const constraint = parseFormat(all.response_format, 'response_format', true);
  const logprobs = f.optionalFlag(all, 'logprobs');
  const topLogprobs = parseTopLogprobs(all);
  if (topLogprobs > 0 && !logprobs)
    throw new f.FieldError('top_logprobs', 'must be 0 or absent where `logprobs` is not true');
  const prompt: Prompt = {
    kind: 'messages',
    messages: parseMessages(all.messages),
    ...(tools.tools.length > 0 ? { tools: tools.tools } : {}),
    ...(reasoning ? { reasoning } : {}),
  };
  const more: Partial<GenerateInput> = {
    readsAnswer: true,
    ...toolInput(tools, isParallel(all)),
    ...(constraint ? { constraint } : {}),
    ...(logprobs ? { logprobs, topLogprobs } : {}),
  };
  const choices = f.optionalInteger(all, 'n', 1, limits.MAX_CHOICES) ?? 1;
  return {
    ...parseRest(all, [prompt], undefined, more),
    choices,
    bestOf: choices,
    echo: undefined,
  };
}

export function parseCompletion(body: unknown): OpenAIRequest {
  const all = f.fields(body, 'request');
  f.onlyFields(all, COMPLETION, { suffix: '' });
  const prompts = parsePrompts(all.prompt);
  const choices = f.optionalInteger(all, 'n', 1, limits.MAX_CHOICES) ?? 1;
  const bestOf = f.optionalInteger(all, 'best_of', 1, limits.MAX_CHOICES) ?? choices;
  if (bestOf < choices) throw new f.FieldError('best_of', 'must be at least `n`');
  if (prompts.length * bestOf > limits.MAX_CHOICES)
    throw new f.FieldError('n', `times prompts must be at most ${limits.MAX_CHOICES}`);
  if (bestOf > choices && f.optionalFlag(all, 'stream'))
    throw new f.FieldError(
      'best_of',
      'must be `n` where the answer is streamed: who is best is known at the end',
    );
  const topLogprobs = f.optionalInteger(all, 'logprobs', 0, limits.MAX_COMPLETION_TOP_LOGPROBS);
  const logprobs = topLogprobs !== undefined;
  const more: Partial<GenerateInput> =
    logprobs || bestOf > choices ? { logprobs: true, topLogprobs: topLogprobs ?? 0 } : {};
  const isEchoed = f.optionalFlag(all, 'echo');
  if (isEchoed && logprobs)
    throw new f.FieldError('echo', 'must be false with `logprobs`: those of prompts are not computed');
  return {
    ...parseRest(all, prompts, COMPLETION_TOKENS, more),
    choices,
    bestOf,
    echo: isEchoed ? prompts.map(echoOf) : undefined,
  };
}

function parseRest(
  all: f.Fields,
  prompts: Prompt[],
  defaultMaxTokens: number | undefined,
  more: Partial<GenerateInput>,
): Pick<OpenAIRequest, 'inputs' | 'stream' | 'includeUsage' | 'returnTokenIds'> {
  checkUntold(all);
  const older = f.optionalInteger(all, 'max_tokens', 1, MAX_TOKENS);
  const newer = f.optionalInteger(all, 'max_completion_tokens', 1, MAX_TOKENS);
  if (older && newer && older !== newer)
    throw new f.FieldError('max_tokens', 'and `max_completion_tokens` differ: give one of them');

  const keepTokens = f.optionalInteger(all, 'keep_tokens', 0, MAX_TOKENS);
  const shared = {
    model: f.optionalString(all, 'model', limits.MAX_MODEL_ID_CHARS),
    draftModel: f.optionalString(all, 'draft_model', limits.MAX_MODEL_ID_CHARS),
    maxTokens: newer ?? older ?? defaultMaxTokens,
    sampling: parseSampling(all),
    stop: parseStop(all.stop),
    shift: keepTokens === undefined ? undefined : { keepTokens },
    ...more,
  };
  const options = f.fields(all.stream_options ?? {}, 'stream_options');
  // Nothing goes over a network whose listeners padding could confuse
  f.onlyFields(options, new Set(['include_usage', 'include_obfuscation']), {}, 'stream_options.');
  return {
    inputs: prompts.map((prompt) => ({ ...shared, prompt })),
    stream: f.optionalFlag(all, 'stream'),
    includeUsage: f.optionalFlag(options, 'include_usage'),
    returnTokenIds: f.optionalFlag(all, 'return_token_ids'),
  };
}

/** How many of the likeliest tokens come along with each. */
export function parseTopLogprobs(all: f.Fields): number {
  return f.optionalInteger(all, 'top_logprobs', 0, limits.MAX_TOP_LOGPROBS) ?? 0;
}

const EFFORTS = ['none', 'minimal', ...REASONING_EFFORTS.filter((effort) => !['on', 'off'].includes(effort))];

/** OpenAI's word for how much to think, `xhigh` and `minimal` being the ends of what models know. */
export function parseEffort(all: f.Fields, field: string, prefix = ''): ReasoningEffort | undefined {
  const effort = f.optionalChoice(all, field, [...EFFORTS, 'xhigh'], prefix);
  if (effort === 'none') return 'off';
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' ? 'high' : (effort as ReasoningEffort | undefined);
}

/** One text or several, one text's ids or several texts'. */
function parsePrompts(value: unknown): Prompt[] {
  const prompts = typeof value === 'string' ? [value] : f.elements(value);
  const several = prompts && (prompts.every(isId) ? [prompts] : prompts);
  if (!several || several.length === 0 || several.length > limits.MAX_CHOICES)
    throw new f.FieldError(
      'prompt',
      `must be a string, an array of token ids, or up to ${limits.MAX_CHOICES} of either`,
    );
  // An empty array of ids looks like one of no texts
  const parsed = several.map(parsePrompt);
  // A token is a character or more, as a rule: one bound serves both
  checkLength(parsed.reduce((sum, prompt) => sum + lengthOf(prompt), 0));
  return parsed;
}

function parsePrompt(value: unknown): Prompt {
  if (typeof value === 'string') return { kind: 'text', text: value };
  const ids = f.elements(value);
  if (!ids || ids.length === 0 || !ids.every(isId))
    throw new f.FieldError('prompt', 'must be strings, or arrays of token ids that are not empty');
  return { kind: 'ids', ids };
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32;
}

function lengthOf(prompt: Prompt): number {
  if (prompt.kind === 'messages') return 0;
  return prompt.kind === 'text' ? prompt.text.length : prompt.ids.length;
}

function echoOf(prompt: Prompt): string {
  if (prompt.kind === 'text') return prompt.text;
  throw new f.FieldError('echo', 'must be false where the prompt is token ids: give it as text');
}
