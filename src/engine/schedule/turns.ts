import type { Sequence } from './sequence.ts';

/**
 * Whose turn it is among origins whose texts are not cut: always that of the one that has had the fewest rows
 * (start-time fair queueing, Goyal et al. 1996). One that comes later begins where the others are.
 */
export class Turns {
  /** Rows that each origin has had. */
  readonly #had = new Map<string, number>();

  /** Those to be taken now, of each origin in order. An origin whose next text does not fit waits, and is first then. */
  take(waiting: readonly Sequence[], fits: (sequence: Sequence) => boolean): Sequence[] {
    const start = this.#had.size > 0 ? Math.min(...this.#had.values()) : 0;
    const queues = new Map<string, Sequence[]>();
    for (const sequence of waiting) {
      const { origin } = sequence;
      if (!this.#had.has(origin)) this.#had.set(origin, start);
      const queue = queues.get(origin);
      if (queue) queue.push(sequence);
      else queues.set(origin, [sequence]);
    }

    const taken: Sequence[] = [];
    while (queues.size > 0) {
      const [origin, queue] = [...queues].reduce((a, b) => (this.#rows(b[0]) < this.#rows(a[0]) ? b : a));
      const next = queue[0];
      if (!next || !fits(next)) {
        queues.delete(origin);
        continue;
      }
      queue.shift();
      taken.push(next);
      this.#had.set(origin, this.#rows(origin) + next.tokens.length);
    }
    return taken;
  }

  /** Nothing of that origin waits or runs any more. */
  forget(origin: string): void {
    this.#had.delete(origin);
  }

  #rows(origin: string): number {
    return this.#had.get(origin) ?? 0;
  }
}
