import type { GenerateInput, Message } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';
import { checkSize } from './messages.ts';
import { parseEffort, parseTopLogprobs } from './request.ts';
import { parseFormat } from './response-format.ts';
import { parseInput } from './responses-input.ts';
import { MAX_TOKENS, parseSampling } from './sampling.ts';
import { isParallel, parseResponsesTools, toolInput } from './tools.ts';
import { checkUntold, UNTOLD } from './untold.ts';

/** A request to Responses, understood: everything in it is followed. */
export interface ResponsesRequest {
  input: GenerateInput;
  /** What was said, without the instructions: what a later request goes on from. */
  said: Message[];
  /** Fields that the response repeats. */
  echoed: object;
  stream: boolean;
  isStored: boolean;
}

const FIELDS = new Set([
  ...['model', 'input', 'instructions', 'max_output_tokens', 'temperature', 'top_p', 'top_logprobs'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'text', 'reasoning', 'include'],
  ...['stream', 'stream_options', 'previous_response_id', 'store'],
  ...UNTOLD,
]);
const NEUTRAL = { truncation: 'disabled', background: false };
const LOGPROBS = 'message.output_text.logprobs';

/** @param kept what was said up to a response that this page has kept */
export function parseResponses(body: unknown, kept: (id: string) => Message[] | undefined): ResponsesRequest {
  const all = f.fields(body, 'request');
  f.onlyFields(all, FIELDS, NEUTRAL);
  checkUntold(all);
  const before = parsePrevious(all, kept);
  const said = [...before, ...parseInput(all.input)];
  const instructions = f.isAbsent(all.instructions) ? undefined : f.text(all.instructions, 'instructions');
  const messages: Message[] = instructions ? [{ role: 'system', content: instructions }, ...said] : said;
  if (messages.length === 0) throw new f.FieldError('input', 'must be there');
  checkSize(messages);
  const topLogprobs = parseTopLogprobs(all);

  const tools = parseResponsesTools(all.tools, all.tool_choice);
  const { constraint, reasoning } = parseNested(all);
  // Whoever wants the likeliest tokens wants them shown
  const hasLogprobs = parseInclude(all.include) || topLogprobs > 0;
  const options = f.fields(all.stream_options ?? {}, 'stream_options');
  f.onlyFields(options, new Set(['include_obfuscation']), {}, 'stream_options.');
  const { temperature, top_p } = all;
  const sampling = parseSampling({ temperature, top_p });
  return {
    input: {
      model: f.optionalString(all, 'model', limits.MAX_MODEL_ID_CHARS),
      prompt: {
        kind: 'messages',
        messages,
        ...(tools.tools.length > 0 ? { tools: tools.tools } : {}),
        ...(reasoning ? { reasoning } : {}),
      },
      maxTokens: f.optionalInteger(all, 'max_output_tokens', 1, MAX_TOKENS),
      sampling,
      stop: [],
      readsAnswer: true,
      ...toolInput(tools, isParallel(all)),
      ...(constraint ? { constraint } : {}),
      ...(hasLogprobs ? { logprobs: true, topLogprobs } : {}),
    },
    said,
    echoed: {
      instructions: instructions ?? null,
      max_output_tokens: all.max_output_tokens ?? null,
      metadata: all.metadata ?? {},
      parallel_tool_calls: isParallel(all),
      previous_response_id: all.previous_response_id ?? null,
      reasoning: { effort: null, summary: null, ...(all.reasoning as object | null) },
      store: f.optionalFlag(all, 'store'),
      temperature: sampling.temperature,
      text: { format: { type: 'text' }, ...(all.text as object | null) },
      tool_choice: all.tool_choice ?? 'auto',
      tools: ((all.tools ?? []) as object[]).map((tool) => ({ strict: false, parameters: null, ...tool })),
      top_logprobs: topLogprobs,
      top_p: sampling.topP,
      truncation: 'disabled',
    },
    stream: f.optionalFlag(all, 'stream'),
    isStored: f.optionalFlag(all, 'store'),
  };
}

function parsePrevious(all: f.Fields, kept: (id: string) => Message[] | undefined): Message[] {
  const id = f.optionalString(all, 'previous_response_id', 200);
  if (id === undefined) return [];
  const said = kept(id);
  if (said) return said;
  throw new f.FieldError(
    'previous_response_id',
    'names no response that this page has kept: create it with `store: true`, in the same page',
  );
}

function parseNested(all: f.Fields): Pick<GenerateInput, 'constraint'> & {
  reasoning: ReturnType<typeof parseEffort>;
} {
  const text = f.fields(all.text ?? {}, 'text');
  f.onlyFields(text, new Set(['format']), { verbosity: 'medium' }, 'text.');
  const constraint = parseFormat(text.format, 'text.format', false);
  const thinking = f.fields(all.reasoning ?? {}, 'reasoning');
  // Thoughts come whole: a summary of them nobody makes
  f.onlyFields(thinking, new Set(['effort']), { summary: 'auto', generate_summary: 'auto' }, 'reasoning.');
  return { ...(constraint ? { constraint } : {}), reasoning: parseEffort(thinking, 'effort', 'reasoning.') };
}

function parseInclude(value: unknown): boolean {
  if (f.isAbsent(value)) return false;
  const wanted = f.list(value, 'include', limits.MAX_TOOLS);
  if (wanted.some((one) => one !== LOGPROBS))
    throw new f.FieldError('include', `must name nothing but ${LOGPROBS}`);
  return wanted.length > 0;
}
