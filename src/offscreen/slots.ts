import { HearthError } from '../protocol/errors.ts';

/** Counts what each origin has under way, all its pages and frames together. */
export class Slots {
  readonly #taken = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** Takes a slot or throws `busy`. Gives what frees it; freeing twice is once. */
  take(origin: string): () => void {
    const taken = this.#taken.get(origin) ?? 0;
    if (taken >= this.limit)
      throw new HearthError(
        'busy',
        `This site has ${this.limit} answers under way: wait until one has ended.`,
      );
    this.#taken.set(origin, taken + 1);

    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      const left = this.#taken.get(origin)! - 1;
      if (left > 0) this.#taken.set(origin, left);
      else this.#taken.delete(origin);
    };
  }
}
