/** A chain that answers requests of one model, as one of several. */
export interface Replica {
  /** Answers under way there. */
  streams: number;
  /** Answers that it makes at once. */
  slots: number;
  /** What a further answer would take beside those, in milliseconds. */
  predictMs(streams: number): number;
}

/**
 * Which replica a further request goes to: the one that is predicted to answer it first. Faster ones take more, as they
 * are predicted to slow down less; one whose slots are taken makes the request wait for about an answer's time.
 */
export function chooseReplica<R extends Replica>(replicas: readonly R[]): R | undefined {
  let best: { replica: R; ms: number } | undefined;
  for (const replica of replicas) {
    const { streams, slots } = replica;
    const turns = 1 + Math.floor(streams / slots);
    const ms = turns * replica.predictMs(Math.min(streams + 1, slots));
    if (ms < (best?.ms ?? Number.POSITIVE_INFINITY)) best = { replica, ms };
  }
  return best?.replica;
}
