import type { Lane } from '../../protocol/generate.ts';
import type { Clock } from '../clock.ts';
import type { StepPlan } from './schedule.ts';

const SECONDS = 10;

/** The GPU's time by lanes over the last ten seconds, a second at a time. */
export class LaneUse {
  readonly #clock: Clock;
  /** By second since the clock began: milliseconds of each lane. */
  readonly #seconds = new Map<number, Record<Lane, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Time of a step, shared out by the rows that each lane had in it. */
  add({ decodes, prefills }: StepPlan, busyMs: number): void {
    const chunks = [...decodes, ...prefills];
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
    const second = this.#now();
    const times = this.#seconds.get(second) ?? { interactive: 0, bulk: 0, guest: 0 };
    for (const chunk of chunks) times[chunk.sequence.lane] += (busyMs * chunk.rows) / rows;
    this.#seconds.set(second, times);
    this.#forget();
  }

  /** Of all the time there was, 0–1. */
  get shares(): Record<Lane, number> {
    this.#forget();
    const shares = { interactive: 0, bulk: 0, guest: 0 };
    for (const times of this.#seconds.values())
      for (const lane of Object.keys(shares) as Lane[]) shares[lane] += times[lane] / (SECONDS * 1000);
    return shares;
  }

  #forget(): void {
    for (const second of this.#seconds.keys())
      if (second <= this.#now() - SECONDS) this.#seconds.delete(second);
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
