import type { Message, Prompt } from '../../protocol/generate.ts';
import { promptIds } from '../../engine/text/prompt.ts';
import { HearthError } from '../../protocol/errors.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { GUESSING_SLOTS, loadDraft, loadModel } from '../load.ts';
import { drafterOf } from '../../engine/drafter.ts';

const ROLES = ['system', 'user', 'assistant', 'tool'];

/** `{ids, text, finish_reason, timings}`; the text also streams to stderr. */
export async function generate(args: string[]) {
  const flags = new Flags(args, [
    'model',
    'prompt',
    'messages',
    'ids',
    'max-tokens',
    'temperature',
    'top-k',
    'top-p',
    'min-p',
    'repetition-penalty',
    'frequency-penalty',
    'presence-penalty',
    'seed',
    'stop',
    'keep-tokens',
    'draft',
    ...GPU_FLAGS,
  ]);
  const prompt = readPrompt(flags);
  const maxTokens = flags.integer('max-tokens', 128, { min: 1 });
  const sampling = {
    temperature: flags.number('temperature', 0, { min: 0 }),
    topK: flags.integer('top-k', 0),
    topP: flags.number('top-p', 1, { min: 0, max: 1 }),
    minP: flags.number('min-p', 0, { min: 0, max: 1 }),
    repetitionPenalty: flags.number('repetition-penalty', 1, { min: 1e-3, max: 1e3 }),
    frequencyPenalty: flags.number('frequency-penalty', 0),
    presencePenalty: flags.number('presence-penalty', 0),
    seed: flags.integer('seed', 0),
  };
  const keepTokens = flags.integer('keep-tokens', -1, { min: -1 });
  // Guesses take room for outputs of their own
  const model = await loadModel(flags, { slots: flags.has('draft') ? GUESSING_SLOTS : 1 });
  const draft = await loadDraft(flags, model);
  const start = promptIds(model.file, prompt, model.contextLength);

  const ids: number[] = [];
  let text = '';
  const asked = { origin: 'cli', lane: 'interactive' } as const;
  const drafter = draft && drafterOf(draft, model, { ...asked, sampling }, () => true);
  const { finishReason, usage, timings } = await model.run(
    {
      ...asked,
      drafter,
      ids: start,
      maxTokens,
      sampling,
      stop: flags.strings('stop'),
      shift: keepTokens < 0 ? undefined : { keepTokens },
    },
    async (part) => {
      ids.push(...part.ids);
      text += part.text;
      process.stderr.write(part.text);
    },
    new AbortController().signal,
  );
  process.stderr.write('\n');
  return {
    ids,
    text,
    finish_reason: finishReason,
    usage: { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens },
    timings: {
      prefill_ms: timings.prefillMs,
      decode_ms: timings.decodeMs,
      tokens_per_second: timings.decodeMs > 0 ? ((usage.completionTokens - 1) * 1000) / timings.decodeMs : 0,
    },
  };
}

function readPrompt(flags: Flags): Prompt {
  const given = (['prompt', 'messages', 'ids'] as const).filter((name) => flags.has(name));
  if (given.length !== 1)
    throw new HearthError('bad-input', 'Give exactly one of --prompt, --messages and --ids.');
  if (flags.has('prompt')) return { kind: 'text', text: flags.required('prompt') };
  if (flags.has('ids')) return { kind: 'ids', ids: flags.ids('ids') };

  let messages: unknown;
  try {
    messages = JSON.parse(flags.required('messages'));
  } catch (cause) {
    throw new HearthError('bad-input', `--messages is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) {
    throw new HearthError(
      'bad-input',
      `--messages must be a list like [{"role":"user","content":"Hello"}], with roles ${ROLES.join(', ')}.`,
    );
  }
  return { kind: 'messages', messages };
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content } = value as Record<string, unknown>;
  return ROLES.includes(role as string) && typeof content === 'string';
}
