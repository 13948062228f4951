/**
 * A head whose vocabulary is cut over machines: each computes the logits of its own ids and sends, in place of them, its
 * best few and what the softmax over all of its own comes to. The whole's probabilities follow exactly, since
 *
 *   m = max m_i        s = Σ s_i · exp(m_i − m)        p(id) = exp(logit − m) / s
 */
export interface HeadPart {
  /** The greatest logit of its ids. */
  max: number;
  /** Σ exp(logit − max) over all of its ids. */
  sum: number;
  /** Its best ids, in the order of `compare`. */
  top: readonly Candidate[];
}

export interface Candidate {
  /** In the whole vocabulary. */
  id: number;
  logit: number;
}

export interface MergedHead {
  /** log Σ exp(logit) over the whole vocabulary. */
  logSumExp: number;
  top: readonly (Candidate & { probability: number })[];
}

/** As a machine sends its part: `logits` of the ids from `firstId` on; at most `k` candidates. */
export function headPart(logits: ArrayLike<number>, firstId: number, k: number): HeadPart {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) max = Math.max(max, logits[i]!);
  // Ids that are all masked weigh nothing, and ∞ − ∞ is no number
  if (max === Number.NEGATIVE_INFINITY) return { max, sum: 0, top: [] };
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - max);
  return { max, sum, top: best(logits, firstId, k) };
}

/** Associative and, but for rounding, commutative: parts may be merged along a tree, as they come. */
export function mergeParts(a: HeadPart, b: HeadPart, k: number): HeadPart {
  const max = Math.max(a.max, b.max);
  const scaled = (part: HeadPart) => (part.sum === 0 ? 0 : part.sum * Math.exp(part.max - max));
  return { max, sum: scaled(a) + scaled(b), top: [...a.top, ...b.top].sort(compare).slice(0, k) };
}

/** The whole head, of parts that cover the vocabulary; nothing if no id may follow. */
export function mergeHeads(parts: readonly HeadPart[], k: number): MergedHead | undefined {
  const none: HeadPart = { max: Number.NEGATIVE_INFINITY, sum: 0, top: [] };
  const { max, sum, top } = parts.reduce((whole, part) => mergeParts(whole, part, k), none);
  if (sum === 0) return undefined;
  return {
    logSumExp: max + Math.log(sum),
    top: top.map(({ id, logit }) => ({ id, logit, probability: Math.exp(logit - max) / sum })),
  };
}

/** Kept in order: the list is short, and most logits are below its last. */
function best(logits: ArrayLike<number>, firstId: number, k: number): Candidate[] {
  const top: Candidate[] = [];
  for (let i = 0; i < logits.length; i++) {
    const candidate = { id: firstId + i, logit: logits[i]! };
    if (candidate.logit === Number.NEGATIVE_INFINITY) continue;
    if (top.length === k && compare(top[k - 1]!, candidate) <= 0) continue;
    let at = top.length;
    while (at > 0 && compare(candidate, top[at - 1]!) < 0) at--;
    top.splice(at, 0, candidate);
    if (top.length > k) top.pop();
  }
  return top;
}

/** The greater logit first; of equals the lesser id, as on one machine. */
function compare(a: Candidate, b: Candidate): number {
  return b.logit - a.logit || a.id - b.id;
}
