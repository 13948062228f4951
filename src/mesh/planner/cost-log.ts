/** What was predicted, and what came of it. */
export interface CostEntry {
  /** Which machines, in which way. */
  way: string;
  predictedMs: number;
  measuredMs: number;
}

const MOST_ENTRIES = 256;
const RECENT = 32;
/** How much of a ratio is what was seen last. */
const NEWS = 0.3;
/** One measurement says no more than this about the next. */
const MOST_RATIO = 8;

/** Keeps predictions honest: what a way has taken, against what was said, corrects what is said of it next. */
export class CostLog {
  readonly #entries: CostEntry[] = [];
  readonly #ratios = new Map<string, number>();

  get entries(): readonly CostEntry[] {
    return this.#entries;
  }

  /** Of the last laps of a way: their medians, so that one pause of a machine says little. */
  recent(way: string): { laps: number; predictedMs: number; measuredMs: number } {
    const laps = this.#entries.filter((entry) => entry.way === way).slice(-RECENT);
    const middle = (of: (entry: CostEntry) => number) =>
      laps.map(of).sort((a, b) => a - b)[laps.length >> 1] ?? 0;
    return {
      laps: laps.length,
      predictedMs: middle(({ predictedMs }) => predictedMs),
      measuredMs: middle(({ measuredMs }) => measuredMs),
    };
  }

  correct(way: string, predictedMs: number): number {
    return predictedMs * (this.#ratios.get(way) ?? 1);
  }

  /** `modelMs` is what the model alone said, before it was corrected. */
  measured(way: string, modelMs: number, measuredMs: number): void {
    const ratio = Math.min(MOST_RATIO, Math.max(1 / MOST_RATIO, measuredMs / Math.max(modelMs, 1e-3)));
    const before = this.#ratios.get(way);
    this.#entries.push({ way, predictedMs: this.correct(way, modelMs), measuredMs });
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
    // In the order of last use, so that the first is the one to forget
    this.#ratios.delete(way);
    this.#ratios.set(way, before === undefined ? ratio : (1 - NEWS) * before + NEWS * ratio);
    if (this.#ratios.size > MOST_ENTRIES) this.#ratios.delete(this.#ratios.keys().next().value!);
  }
}
