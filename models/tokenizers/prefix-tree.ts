/**
 * Texts in their order, in which all that begin alike stand together: a walk down a text narrows the row, by halves,
 * to those that begin with what it has passed. Needs no memory but the row.
 */
export class PrefixTree {
  private readonly texts: readonly string[];

  /** Of equal texts the last counts. */
  constructor(private readonly ids: ReadonlyMap<string, number>) {
    // By UTF-16 units, which is what `charCodeAt` walks along
    this.texts = [...ids.keys()].filter((text) => text !== '').sort(byUnits);
  }

  /** Calls `found` for each text that `text` has at `start`, the shortest first, with its length in UTF-16 units. */
  walk(text: string, start: number, found: (id: number, length: number) => void): void {
    let [low, high] = [0, this.texts.length];
    for (let depth = 0; start + depth < text.length; depth++) {
      const unit = text.charCodeAt(start + depth);
      low = this.firstFrom(low, high, depth, unit);
      high = this.firstFrom(low, high, depth, unit + 1);
      if (low === high) return;
      // The shortest of what begins alike comes first
      const first = this.texts[low]!;
      if (first.length === depth + 1) {
        found(this.ids.get(first)!, depth + 1);
        low++;
      }
    }
  }

  /** The first text between the two that has at least `unit` at `depth`; all there are longer than `depth`. */
  private firstFrom(low: number, high: number, depth: number, unit: number): number {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.texts[middle]!.charCodeAt(depth) < unit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
