import type { Clock } from '../clock.ts';

/** What the owner of a machine gives to others. */
export interface GuestCaps {
  isSharing: boolean;
  /** Share of the GPU's time, 0–1. */
  gpuShare: number;
  memoryBytes: number;
}

/** While the owner's own pages are answered, guests have no more than this: less than a tenth. */
const SHARE_BESIDE_OWNER = 0.09;
/** GPU time that guests may save up while they are idle. */
const BURST_MS = 100;

/**
 * The lane of guests: a token bucket over GPU time, filled at the owner's share, and at less than a tenth while the
 * owner is at work. A step pays what it has taken when it is done.
 */
export class GuestGate {
  readonly #clock: Clock;
  readonly #caps: () => GuestCaps;
  readonly #isOwnerBusy: () => boolean;
  #creditMs = BURST_MS;
  #filledAt: number;

  constructor(clock: Clock, caps: () => GuestCaps, isOwnerBusy: () => boolean) {
    this.#clock = clock;
    this.#caps = caps;
    this.#isOwnerBusy = isOwnerBusy;
    this.#filledAt = clock.now();
  }

  /** Milliseconds until a guest's next step may start; infinite while nothing is shared. */
  waitMs(): number {
    const share = this.#fill();
    if (this.#creditMs > 0) return 0;
    return share > 0 ? Math.max(1, Math.ceil((1 - this.#creditMs) / share)) : Number.POSITIVE_INFINITY;
  }

  pay(busyMs: number): void {
    this.#fill();
    this.#creditMs -= busyMs;
  }

  #fill(): number {
    const { isSharing, gpuShare } = this.#caps();
    const share = !isSharing ? 0 : this.#isOwnerBusy() ? Math.min(gpuShare, SHARE_BESIDE_OWNER) : gpuShare;
    const now = this.#clock.now();
    this.#creditMs = Math.min(BURST_MS, this.#creditMs + (now - this.#filledAt) * share);
    this.#filledAt = now;
    return share;
  }
}
