/** What a tokenizer knows about its row of symbols, which are numbered from the left. */
export interface Pairs {
  /** The rank of joining these neighbours, a whole number from 0; below 0 if they do not join. */
  rank(left: number, right: number): number;
  /** `left` becomes both; `right` is gone. */
  join(left: number, right: number): void;
}

const RANK = 2 ** 32;

/**
 * Joins neighbours until none can be: lowest rank first, the leftmost among equals. Candidates wait in a heap and
 * the symbols in a linked list, so a text of n symbols takes n log n.
 */
export class Merger {
  private previous = new Int32Array(64);
  private next = new Int32Array(64);
  private readonly heap = new NumberHeap();

  /** Returns the symbols that are left, by their numbers. */
  merge(count: number, pairs: Pairs): number[] {
    if (this.next.length < count) {
      this.previous = new Int32Array(2 * count);
      this.next = new Int32Array(2 * count);
    }
    const { previous, next, heap } = this;
    for (let i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
    }

    // A candidate is one number, rank and place, so that the heap compares once
    const offer = (left: number, right: number) => {
      if (left < 0 || right >= count) return;
      const rank = pairs.rank(left, right);
      if (rank >= 0) heap.push(rank * RANK + left);
    };
    for (let i = 1; i < count; i++) offer(i - 1, i);

    for (let candidate = heap.pop(); candidate !== undefined; candidate = heap.pop()) {
      const left = candidate % RANK;
      const right = next[left]!;
      // Stale: one of the two has been joined with another since
      if (right < 0 || right >= count || pairs.rank(left, right) * RANK + left !== candidate) continue;

      pairs.join(left, right);
      const after = next[right]!;
      next[left] = after;
      next[right] = -1;
      if (after < count) previous[after] = left;
      offer(previous[left]!, left);
      offer(left, after);
    }

    const rest: number[] = [];
    for (let i = 0; i < count; i = next[i]!) rest.push(i);
    return rest;
  }
}

/** A binary heap, smallest first. */
class NumberHeap {
  private readonly items: number[] = [];

  push(item: number): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;

    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
