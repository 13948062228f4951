import { MAX_EARLY_FRAMES } from '../limits.ts';

/** Puts numbered frames in order: repeated ones are dropped, early ones wait, and no more than a few. */
export class InOrder<T> {
  readonly #early = new Map<number, T>();
  #next = 0;

  /** The number of the frame that is due. */
  get next(): number {
    return this.#next;
  }

  /** What may be handled now, in order; nothing at all if so many are early that one must be lost. */
  take(number: number, frame: T): T[] | undefined {
    if (number < this.#next || this.#early.has(number)) return [];
    if (number - this.#next >= MAX_EARLY_FRAMES) return undefined;
    this.#early.set(number, frame);
    const due: T[] = [];
    for (;;) {
      const frame = this.#early.get(this.#next);
      if (frame === undefined) return due;
      this.#early.delete(this.#next++);
      due.push(frame);
    }
  }
}
