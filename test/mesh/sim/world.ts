import type { Clock, Random } from '../../../src/mesh/clock.ts';

/** Mulberry32: a sequence for every seed, the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Event {
  at: number;
  /** Of two events at one time, the one scheduled first comes first. */
  order: number;
  place: Place | undefined;
  life: number;
  run(): void;
}

/** Where events happen: nowhere while it is down, later while it is frozen. */
export class Place {
  /** Goes up when the process dies: what it had scheduled never happens. */
  life = 0;
  frozenUntil = 0;
  pending = 0;
}

/** Time that passes only when everything due has been done, and done in one order. */
export class World {
  now = 0;
  readonly random: Random;
  readonly #events: Event[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** `ms` from now, unless the returned function is called first; in a place only if it is still alive then. */
  after(ms: number, run: () => void, place?: Place): () => void {
    const event: Event = {
      at: this.now + Math.max(0, ms),
      order: this.#order++,
      place,
      life: place?.life ?? 0,
      run,
    };
    if (place) place.pending++;
    this.#push(event);
    return () => {
      if (event.run === idle) return;
      event.run = idle;
      if (place && place.life === event.life) place.pending--;
    };
  }

  /** A clock that was set to something else, and goes a little wrong. */
  clock(place: Place, offsetMs: number, rate: number): Clock {
    return {
      now: () => offsetMs + this.now * rate,
      after: (ms, run) => this.after(ms / rate, run, place),
    };
  }

  /** Before every event, everything that was promised is settled. */
  async runUntil(end: number): Promise<void> {
    await new Promise(setImmediate);
    for (;;) {
      const event = this.#events[0];
      if (!event || event.at > end) break;
      this.#pop();
      if (event.run === idle) continue;
      const { place } = event;
      if (place && event.life !== place.life) continue;
      if (place && place.frozenUntil > event.at) {
        event.at = place.frozenUntil;
        this.#push(event);
        continue;
      }
      this.now = Math.max(this.now, event.at);
      if (place) place.pending--;
      const { run } = event;
      event.run = idle;
      run();
      await new Promise(setImmediate);
    }
    this.now = end;
  }

  #push(event: Event): void {
    const heap = this.#events;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function idle(): void {}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
