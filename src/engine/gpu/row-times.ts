/** Notes after which a size that has not come again is forgotten: what slowed it may be over. */
const REMEMBERED = 256;

interface Point {
  rows: number;
  ms: number;
  /** Which note was its last. */
  at: number;
}

/**
 * What steps take by the rows they have: moving averages for sizes up to each power of two, with straight lines between
 * them. Kernels and their tiles change with the number of rows, so that one figure a row would not do.
 */
export class RowTimes {
  readonly #points = new Map<number, Point>();
  #notes = 0;

  note(rows: number, ms: number): void {
    const size = sizeOf(rows);
    const before = this.#points.get(size) ?? { rows, ms };
    this.#points.set(size, { rows: moved(before.rows, rows), ms: moved(before.ms, ms), at: ++this.#notes });
    for (const [key, { at }] of this.#points) if (this.#notes - at > REMEMBERED) this.#points.delete(key);
  }

  /** Milliseconds of steps of about so many rows; nothing if there were none of late. */
  measured(rows: number): number | undefined {
    return this.#points.get(sizeOf(rows))?.ms;
  }

  /** Milliseconds: fewer rows than any known take no longer than those, a row past all known no more than theirs. */
  expected(rows: number): number | undefined {
    const points = this.#sorted();
    const above = points.findIndex((point) => point.rows >= rows);
    const last = points.at(-1);
    if (above < 0) return last && (last.ms * rows) / last.rows;
    const [from, to] = [points[above - 1], points[above]!];
    if (!from) return to.ms;
    return from.ms + ((to.ms - from.ms) * (rows - from.rows)) / (to.rows - from.rows);
  }

  /** Rows that take no longer than `ms`. Where all that have been measured took less, `growth` times as many are tried at least. */
  most(ms: number, growth = 1): number {
    const points = this.#sorted();
    let best = 0;
    for (const [i, { rows, ms: taken }] of points.entries()) {
      if (taken > ms) break;
      const next = points[i + 1];
      best = !next
        ? Math.max(growth, ms / taken) * rows
        : next.ms <= ms
          ? next.rows
          : rows + ((next.rows - rows) * (ms - taken)) / (next.ms - taken);
    }
    return Math.floor(best);
  }

  /** Milliseconds of a row in the largest steps that are remembered. */
  get perRow(): number | undefined {
    const last = this.#sorted().at(-1);
    return last && last.ms / last.rows;
  }

  #sorted(): Point[] {
    return [...this.#points.values()].sort((a, b) => a.rows - b.rows);
  }
}

function sizeOf(rows: number): number {
  return Math.ceil(Math.log2(rows));
}

export function moved(average: number, value: number): number {
  return average + 0.3 * (value - average);
}
