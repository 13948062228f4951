export interface Bounds {
  /** Milliseconds from any point in time. */
  clock: () => number;
  maxMs: number;
  /** Characters of a value; an element of a list or dict counts as `ELEMENT_SIZE` of them. */
  maxSize: number;
}

export const ELEMENT_SIZE = 64;

/** A template that asked for more than its bounds. */
export class TooMuch extends Error {}

/** What a template may take: a stranger wrote it. Every step of it ticks, and every value is measured before it is made. */
export class Budget {
  private readonly deadline: number;

  constructor(private readonly bounds: Bounds) {
    this.deadline = bounds.clock() + bounds.maxMs;
  }

  tick(): void {
    if (this.bounds.clock() > this.deadline)
      throw new TooMuch(`it runs for more than ${this.bounds.maxMs} ms`);
  }

  /** Of a text that is about to be made. */
  chars(count: number): void {
    if (!(count <= this.bounds.maxSize))
      throw new TooMuch(`it makes a value of more than ${this.bounds.maxSize} characters`);
  }

  /** Of a list that is about to be made. */
  elements(count: number): void {
    this.chars(count * ELEMENT_SIZE);
  }
}
