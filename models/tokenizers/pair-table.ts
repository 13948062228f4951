/** What two symbols make: their merge's rank (-1: they do not merge) and the symbol of both. */
export interface Pair {
  rank: number;
  merged: number;
}

const MAX_PAIRS = 2 ** 19;

/**
 * Remembers pairs of symbols. An open hash table in one typed array: each byte of a prompt asks for a few pairs,
 * and most of them again and again.
 */
export class PairTable {
  /** Slots of left + 1 (0 is free), right, rank, merged. */
  private slots = new Int32Array(4 * 4096);
  private count = 0;

  constructor(private readonly find: (left: number, right: number) => Pair) {}

  rank(left: number, right: number): number {
    const at = this.slot(left, right);
    return this.slots[at + 2]!;
  }

  merged(left: number, right: number): number {
    const at = this.slot(left, right);
    return this.slots[at + 3]!;
  }

  /** Where the pair is, found out first if it is new. */
  private slot(left: number, right: number): number {
    const at = this.probe(left, right);
    if (this.slots[at] !== 0) return at;
    const { rank, merged } = this.find(left, right);
    const room = this.makeRoom() ? this.probe(left, right) : at;
    this.slots.set([left + 1, right, rank, merged], room);
    this.count++;
    return room;
  }

  private probe(left: number, right: number): number {
    const { slots } = this;
    const mask = slots.length / 4 - 1;
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (slots[4 * slot] !== 0 && (slots[4 * slot] !== left + 1 || slots[4 * slot + 1] !== right))
      slot = (slot + 1) & mask;
    return 4 * slot;
  }

  /** Doubles a table that is half full, and forgets all where that would be too large. True if slots have moved. */
  private makeRoom(): boolean {
    if (8 * this.count < this.slots.length) return false;
    const old = this.slots;
    this.slots = new Int32Array(this.count < MAX_PAIRS ? 2 * old.length : 4 * 4096);
    if (this.count >= MAX_PAIRS) this.count = 0;
    else
      for (let at = 0; at < old.length; at += 4)
        if (old[at] !== 0) this.slots.set(old.subarray(at, at + 4), this.probe(old[at]! - 1, old[at + 1]!));
    return true;
  }
}
