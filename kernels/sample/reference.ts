import { IN_PROMPT, type Sampler } from './sample.ts';

/** Scores of all tokens after penalties and temperature, by the definitions of the penalties' authors, in f64. */
export function scoresReference(
  logits: ArrayLike<number>,
  counts: ArrayLike<number>,
  { temperature, topK, ...penalties }: Sampler,
): number[] {
  return Array.from(logits, (logit, token) => {
    const count = counts[token]!;
    const inAnswer = count & 0xffff;
    let value = logit;
    if (inAnswer > 0 || count >= IN_PROMPT)
      value = value > 0 ? value / penalties.repetitionPenalty : value * penalties.repetitionPenalty;
    value -= inAnswer * penalties.frequencyPenalty;
    if (inAnswer > 0) value -= penalties.presencePenalty;
    const bias = (count >>> 16) & 0x7fff;
    if (penalties.isBiased) value += (bias < 0x4000 ? bias : bias - 0x8000) / 128;
    return temperature > 0 && topK !== 1 ? value / temperature : value;
  });
}

/** Probability of each token under a softmax over `scores`. */
export function softmax(scores: readonly number[]): number[] {
  const peak = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - peak));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** What a sampler draws from: probability of each token, 0 for those that top-k, top-p or min-p drop. By sorting. */
export function distributionReference(scores: readonly number[], { topK, topP, minP }: Sampler): number[] {
  const sorted = [...scores].sort((a, b) => b - a);
  const kept =
    topK > 0 ? scores.filter((score) => score >= sorted[Math.min(topK, sorted.length) - 1]!) : [...scores];
  const probabilities = softmax(kept.sort((a, b) => b - a));
  let sum = 0;
  const last = probabilities.findIndex((probability) => (sum += probability) >= topP);
  const atLeast = Math.max(
    kept[topP < 1 && last >= 0 ? last : kept.length - 1]!,
    minP > 0 ? sorted[0]! + Math.log(minP) : Number.NEGATIVE_INFINITY,
  );
  return softmax(scores.map((score) => (score >= atLeast ? score : Number.NEGATIVE_INFINITY)));
}
