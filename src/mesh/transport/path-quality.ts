/** What has been measured of a link's paths: round trips after RFC 6298, and loss over the last few hundred slices. */
export class PathQuality {
  /** Milliseconds, smoothed. */
  rttMs = 0;
  /** Milliseconds that a round trip differs from the smoothed one, smoothed. */
  jitterMs = 0;
  /** True while single packets, each sent twice, are worth their bytes. */
  isGuarded = false;
  #expected = 0;
  #arrived = 0;
  #calmWindows = 0;

  sampleRtt(ms: number): void {
    if (this.rttMs === 0) {
      this.rttMs = ms;
      this.jitterMs = ms / 2;
      return;
    }
    this.jitterMs += (Math.abs(ms - this.rttMs) - this.jitterMs) / 4;
    this.rttMs += (ms - this.rttMs) / 8;
    if (this.jitterMs > GUARD_JITTER_MS) this.#takeCover();
  }

  /** Totals since the link began, as the other side counts them. */
  sampleLoss(expected: number, arrived: number): void {
    const sent = expected - this.#expected;
    const lost = sent - (arrived - this.#arrived);
    // One loss is enough to take cover; to leave it takes a long calm
    if (lost > 0 && lost / Math.max(sent, WINDOW_SLICES) >= GUARD_LOSS) this.#takeCover();
    if (sent < WINDOW_SLICES) return;
    this.#expected = expected;
    this.#arrived = arrived;
    if (lost > 0) this.#calmWindows = 0;
    else if (++this.#calmWindows >= CALM_WINDOWS) this.isGuarded = false;
  }

  #takeCover(): void {
    this.isGuarded = true;
    this.#calmWindows = 0;
  }

  /** How long to wait for word of what was sent last. */
  patienceMs(): number {
    return Math.max(5, this.rttMs + 4 * this.jitterMs + 2);
  }
}

/** 0.2 % */
const GUARD_LOSS = 0.002;
/** A round trip that varies by so much loses packets soon, or all but loses them. */
const GUARD_JITTER_MS = 10;
const WINDOW_SLICES = 500;
const CALM_WINDOWS = 20;
