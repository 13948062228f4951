import type { EngineCalls } from '../../protocol/engine-calls.ts';
import type { GenerateOutput } from '../../protocol/generate.ts';
import type { EndedAnswer } from '../../protocol/performance.ts';
import type { Clock } from '../clock.ts';

const KEPT = 20;

/** How quick the last answers were: their times, and nothing of what was said. */
export class RecentAnswers {
  readonly #clock: Clock;
  readonly #answers: (Omit<EndedAnswer, 'agoMs'> & { endedAt: number })[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Private windows leave nothing. */
  add(
    { origin, lane, isPrivate }: EngineCalls['generate']['input'],
    { model, usage, timings }: GenerateOutput,
  ): void {
    if (isPrivate) return;
    const { queuedMs, prefillMs, decodeMs } = timings;
    const later = Math.max(0, usage.completionTokens - 1);
    this.#answers.unshift({
      model,
      origin,
      lane,
      ...usage,
      firstTokenMs: queuedMs + prefillMs,
      tokensPerSecond: decodeMs > 0 ? (later * 1000) / decodeMs : 0,
      endedAt: this.#clock.now(),
    });
    this.#answers.length = Math.min(this.#answers.length, KEPT);
  }

  /** Who stops a site wants nothing of it left. */
  forget(origin: string): void {
    const others = this.#answers.filter((answer) => answer.origin !== origin);
    this.#answers.splice(0, this.#answers.length, ...others);
  }

  list(): EndedAnswer[] {
    const now = this.#clock.now();
    return this.#answers.map(({ endedAt, ...answer }) => ({ ...answer, agoMs: now - endedAt }));
  }
}
