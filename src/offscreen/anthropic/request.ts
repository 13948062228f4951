import type { GenerateInput, Message, Prompt, ReasoningEffort } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from '../openai/fields.ts';
import { checkSize } from '../openai/messages.ts';
import { parseFormat } from '../openai/response-format.ts';
import { MAX_TOKENS, parseSampling, parseStop } from '../openai/sampling.ts';
import { named, parseFunction, parseToolList, type Tools, toolInput } from '../openai/tools.ts';
import { checkCaching, parseMessages, parseText } from './messages.ts';

/** A request to Anthropic's Messages, understood: everything in it is followed. */
export interface AnthropicRequest {
  input: GenerateInput;
  stream: boolean;
}

const COUNTED = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config'];
/** `metadata` and `service_tier` say nothing about the answer; what is alike is kept in the cache without `cache_control`. */
const UNTOLD = ['metadata', 'service_tier', 'cache_control'];
const FIELDS = new Set([
  ...COUNTED,
  ...UNTOLD,
  ...['max_tokens', 'stop_sequences', 'stream', 'temperature', 'top_p', 'top_k'],
]);

export function parseAnthropic(body: unknown): AnthropicRequest {
  const all = f.fields(body, 'request');
  f.onlyFields(all, FIELDS);
  const maxTokens = f.optionalInteger(all, 'max_tokens', 1, MAX_TOKENS);
  if (maxTokens === undefined) throw new f.FieldError('max_tokens', 'must be there');
  f.optionalNumber(all, 'temperature', 0, 1);
  const { temperature, top_k, top_p } = all;
  const { model, prompt, tools, isParallel } = parsePrompt(all, maxTokens);
  const format = f.isAbsent(all.output_config)
    ? undefined
    : parseFormat(
        withName(f.fields(all.output_config, 'output_config').format),
        'output_config.format',
        false,
      );
  return {
    input: {
      model,
      prompt,
      maxTokens,
      sampling: parseSampling({ temperature, top_k, top_p }),
      stop: parseStop(all.stop_sequences, 'stop_sequences'),
      readsAnswer: true,
      ...toolInput(tools, isParallel),
      ...(format ? { constraint: format } : {}),
    },
    stream: f.optionalFlag(all, 'stream'),
  };
}

/** What is counted: a conversation and nothing about its answer. */
export function parseCount(body: unknown): { model: string | undefined; prompt: Prompt } {
  const all = f.fields(body, 'request');
  f.onlyFields(all, new Set([...COUNTED, ...UNTOLD]));
  return parsePrompt(all, MAX_TOKENS);
}

/** Schemas of Anthropic's formats have no names. */
function withName(format: unknown): unknown {
  return f.isAbsent(format) ? format : { name: 'answer', ...f.fields(format, 'output_config.format') };
}

/** They are passed over, but not if they are none. */
function checkUntold(all: f.Fields): void {
  const metadata = f.fields(all.metadata ?? {}, 'metadata');
  f.onlyFields(metadata, new Set(['user_id']), {}, 'metadata.');
  if (!f.isAbsent(metadata.user_id)) f.text(metadata.user_id, 'metadata.user_id');
  f.optionalChoice(all, 'service_tier', ['auto', 'standard_only']);
  checkCaching(all, '');
}

function parsePrompt(all: f.Fields, maxTokens: number) {
  checkUntold(all);
  const model = f.optionalString(all, 'model', limits.MAX_MODEL_ID_CHARS);
  if (model === undefined) throw new f.FieldError('model', 'must be there');
  const { messages, answerStart } = parseMessages(all.messages);
  const system: Message[] = f.isAbsent(all.system)
    ? []
    : [{ role: 'system', content: parseText(all.system, 'system') }];
  const reasoning = parseThinking(all, maxTokens);
  const { tools, isParallel } = parseTools(all);
  const said = [...system, ...messages];
  checkSize(said);
  const prompt: Prompt = {
    kind: 'messages',
    messages: said,
    ...(answerStart ? { answerStart } : {}),
    ...(tools.tools.length > 0 ? { tools: tools.tools } : {}),
    reasoning,
  };
  return { model, prompt, tools, isParallel };
}

const EFFORTS = ['low', 'medium', 'high', 'max'] as const;

/** Thoughts are off unless asked for. A budget is what they should take; what they may take at most, `max_tokens` says. */
function parseThinking(all: f.Fields, maxTokens: number): ReasoningEffort {
  const config = f.fields(all.output_config ?? {}, 'output_config');
  f.onlyFields(config, new Set(['effort', 'format']), {}, 'output_config.');
  const effort = f.optionalChoice(config, 'effort', EFFORTS, 'output_config.');
  const thinking = f.fields(all.thinking ?? { type: 'disabled' }, 'thinking');
  const type = f.optionalChoice(thinking, 'type', ['enabled', 'disabled', 'adaptive'], 'thinking.');
  if (type === undefined) throw new f.FieldError('thinking.type', 'must be there');
  f.onlyFields(
    thinking,
    new Set(type === 'enabled' ? ['type', 'budget_tokens'] : ['type']),
    { display: 'summarized' },
    'thinking.',
  );
  if (type === 'enabled') {
    const { budget_tokens: budget } = thinking;
    if (!Number.isInteger(budget) || (budget as number) < 1024 || (budget as number) >= maxTokens)
      throw new f.FieldError(
        'thinking.budget_tokens',
        'must be a whole number from 1024 to less than `max_tokens`',
      );
  }
  if (type === 'disabled') {
    if (effort && effort !== 'high') throw new f.FieldError('output_config.effort', 'needs `thinking`');
    return 'off';
  }
  return effort === undefined ? 'on' : effort === 'max' ? 'high' : effort;
}

const TOOL = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);
const CHOICE = new Set(['type', 'name', 'disable_parallel_tool_use']);

function parseTools(all: f.Fields): { tools: Tools; isParallel: boolean } {
  const tools = parseToolList(all.tools, (tool, name) => {
    const fields = f.fields(tool, name);
    if (!f.isAbsent(fields.type) && fields.type !== 'custom')
      throw new f.FieldError(`${name}.type`, 'must be "custom": Hearth has no tools of its own');
    f.onlyFields(fields, TOOL, {}, `${name}.`);
    checkCaching(fields, `${name}.`);
    return parseFunction(fields, f.fields(fields.input_schema, `${name}.input_schema`), name);
  });
  const choice = f.fields(all.tool_choice ?? { type: 'auto' }, 'tool_choice');
  f.onlyFields(choice, CHOICE, {}, 'tool_choice.');
  const type = f.optionalChoice(choice, 'type', ['auto', 'any', 'tool', 'none'], 'tool_choice.');
  if (type === undefined) throw new f.FieldError('tool_choice.type', 'must be there');
  const isParallel = !f.optionalFlag(choice, 'disable_parallel_tool_use');
  if (type === 'none') return { tools: { tools: [], toolChoice: 'auto' }, isParallel };
  if (type !== 'auto' && tools.length === 0)
    throw new f.FieldError('tool_choice', 'needs `tools` to choose from');
  const toolChoice = type === 'any' ? 'required' : type === 'tool' ? named(tools, choice.name) : 'auto';
  return { tools: { tools, toolChoice }, isParallel };
}
