/**
 * From a pair of symbols to its rank and what it merges into. An open hash table in one typed array: a
 * vocabulary has 280,000 merges, and each word of a prompt asks for its pairs.
 */
export class PairTable {
  /** Slots of left + 1 (0 is free), right, rank, merged. */
  private readonly slots: Int32Array;
  private readonly mask: number;

  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * capacity + 2));
    this.slots = new Int32Array(4 * size);
    this.mask = size - 1;
  }

  /** The first rank of a pair counts. */
  add(left: number, right: number, rank: number, merged: number): void {
    const at = this.find(left, right);
    if (this.slots[at] !== 0) return;
    this.slots.set([left + 1, right, rank, merged], at);
  }

  /** -1 for a pair that does not merge. */
  rank(left: number, right: number): number {
    const at = this.find(left, right);
    return this.slots[at] === 0 ? -1 : this.slots[at + 2]!;
  }

  merged(left: number, right: number): number {
    return this.slots[this.find(left, right) + 3]!;
  }

  private find(left: number, right: number): number {
    const { slots, mask } = this;
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (slots[4 * slot] !== 0 && (slots[4 * slot] !== left + 1 || slots[4 * slot + 1] !== right))
      slot = (slot + 1) & mask;
    return 4 * slot;
  }
}
