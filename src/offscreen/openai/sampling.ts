import type { SamplingOptions } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';

export const MAX_TOKENS = 2 ** 31 - 1;

/** OpenAI's defaults, and a seed of its own for each request that brings none. */
export function parseSampling(all: f.Fields): SamplingOptions {
  const seed = f.optionalInteger(all, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return {
    temperature: f.optionalNumber(all, 'temperature', 0, 2) ?? 1,
    topK: f.optionalInteger(all, 'top_k', 0, MAX_TOKENS) ?? 0,
    topP: f.optionalNumber(all, 'top_p', 0, 1) ?? 1,
    minP: f.optionalNumber(all, 'min_p', 0, 1) ?? 0,
    repetitionPenalty: f.optionalNumber(all, 'repetition_penalty', 0.01, 100) ?? 1,
    frequencyPenalty: f.optionalNumber(all, 'frequency_penalty', -2, 2) ?? 0,
    presencePenalty: f.optionalNumber(all, 'presence_penalty', -2, 2) ?? 0,
    ...parseBias(all.logit_bias),
    // Its low 32 bits
    seed: seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : seed >>> 0,
  };
}

function parseBias(value: unknown): Pick<SamplingOptions, 'bias'> {
  if (f.isAbsent(value)) return {};
  const entries = Object.entries(f.fields(value, 'logit_bias'));
  const pairs = entries.map(([id, bias]): [number, number] => {
    const isGood = /^\d{1,9}$/.test(id) && typeof bias === 'number' && Math.abs(bias) <= 100;
    if (!isGood)
      throw new f.FieldError('logit_bias', 'must give token ids numbers from -100 to 100: {"1234": -100}');
    return [Number(id), bias];
  });
  if (pairs.length > limits.MAX_BIASES)
    throw new f.FieldError('logit_bias', `must have at most ${limits.MAX_BIASES} members`);
  return pairs.length > 0 ? { bias: pairs } : {};
}

/** `stop`, or what else an API calls it. */
export function parseStop(value: unknown, name = 'stop'): string[] {
  const strings = f.isAbsent(value) ? [] : typeof value === 'string' ? [value] : f.elements(value);
  const isGood = (text: unknown): text is string =>
    typeof text === 'string' && text.length > 0 && text.length <= limits.MAX_STOP_CHARS;
  if (!strings || strings.length > limits.MAX_STOP_STRINGS || !strings.every(isGood))
    throw new f.FieldError(
      name,
      `must be a string or at most ${limits.MAX_STOP_STRINGS} strings, each of 1 to ${limits.MAX_STOP_CHARS} characters`,
    );
  return strings;
}
