import { Session } from 'node:inspector/promises';

/** What has been run of our own code, block by block, as V8 counts it. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  /** `url` names the scripts that count. */
  private constructor(private readonly url: RegExp) {}

  static async start(url: RegExp): Promise<Coverage> {
    const coverage = new Coverage(url);
    coverage.#session.connect();
    await coverage.#session.post('Profiler.enable');
    await coverage.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return coverage;
  }

  /** Blocks seen so far; how often one ran counts by powers of two. */
  get size(): number {
    return this.#seen.size;
  }

  /** Blocks that are to be found again. */
  forget(blocks: readonly string[]): void {
    for (const block of blocks) this.#seen.delete(block);
  }

  /** Forgets what ran since the last call. */
  async skip(): Promise<void> {
    await this.#session.post('Profiler.takePreciseCoverage');
  }

  /** The blocks that ran since the last call and never had, or never so often. */
  async take(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const fresh: string[] = [];
    for (const { url, functions } of result) {
      if (!this.url.test(url)) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) {
          const block = `${startOffset} ${endOffset} ${Math.floor(Math.log2(count))}`;
          if (count === 0 || this.#seen.has(block)) continue;
          this.#seen.add(block);
          fresh.push(block);
        }
    }
    return fresh;
  }
}
