import { badModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';

/** `tokenizer.ggml.scores`, one for each token at least; all 0 where the file has none. */
export function readScores(metadata: Metadata, count: number): ArrayLike<number> {
  const scores = metadata.numbers('tokenizer.ggml.scores', new Float32Array(count));
  if (scores.length < count)
    throw badModel(`The model has ${count} tokens, but only ${scores.length} of them have a score.`);
  return scores;
}
