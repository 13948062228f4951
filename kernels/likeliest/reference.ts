/** The `count` likeliest tokens by sorting, with their log-probabilities, in f64; equals by their ids. */
export function likeliestReference(
  logits: readonly number[],
  count: number,
): { id: number; logprob: number }[] {
  const peak = Math.max(...logits);
  const logSum = peak + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - peak), 0));
  return logits
    .map((logit, id) => ({ id, logprob: logit - logSum }))
    .sort((a, b) => b.logprob - a.logprob || a.id - b.id)
    .slice(0, count);
}
