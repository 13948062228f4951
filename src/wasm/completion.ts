import type { WasmText } from '../protocol/wasm-calls.ts';
import { textOfIds } from './token-names.ts';

/** llama.cpp takes this one for "choose any". */
const ANY_SEED = 0xffff_ffff;

/** The call that gives the one token after the text, in the words of llama.cpp's server. */
export function completionOf({ tokens, promptLength, sampling }: WasmText) {
  return {
    prompt: textOfIds(tokens),
    max_tokens: 1,
    cache_prompt: true,
    samplers: ['penalties', 'temperature', 'top_k', 'top_p', 'min_p'],
    temperature: sampling.temperature,
    top_k: sampling.topK,
    top_p: sampling.topP,
    min_p: sampling.minP,
    ...penalties(sampling, tokens, promptLength),
    seed: seedAt(sampling.seed, tokens.length),
  };
}

/**
 * llama.cpp looks for all three penalties in the same last tokens. Ours are over the whole text (repetition) and
 * over the answer (frequency, presence). Where both are asked for, the latter go in as biases of the answer's
 * tokens: these are taken off before the repetition penalty scales, not after.
 */
function penalties(
  { repetitionPenalty, frequencyPenalty, presencePenalty, bias = [] }: WasmText['sampling'],
  tokens: Uint32Array,
  promptLength: number,
) {
  const answer = tokens.subarray(promptLength);
  if (repetitionPenalty === 1) {
    return {
      repeat_last_n: answer.length,
      frequency_penalty: frequencyPenalty,
      presence_penalty: presencePenalty,
      ...(bias.length > 0 ? { logit_bias: bias } : {}),
    };
  }
  const counts = new Map<number, number>();
  for (const id of answer) counts.set(id, (counts.get(id) ?? 0) + 1);
  const hasBias = frequencyPenalty !== 0 || presencePenalty !== 0;
  return {
    repeat_last_n: tokens.length,
    repeat_penalty: repetitionPenalty,
    logit_bias: hasBias
      ? [...bias, ...[...counts].map(([id, count]) => [id, -(frequencyPenalty * count + presencePenalty)])]
      : bias,
  };
}

/** Each token is drawn by a call of its own, so each position has a seed of its own: murmur3's last mix of both. */
function seedAt(seed: number, position: number): number {
  let hash = seed ^ Math.imul(position + 1, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return hash === ANY_SEED ? 0 : hash;
}
