import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import type { Member } from '../membership/membership.ts';
import type { ModelSpeed } from '../messages/control.ts';

/** Where nothing has been measured: a frame of a step leaves at this pace. */
const DEFAULT_BYTES_PER_MS = 30_000;
/** An edge or machine that failed is avoided for this long, twice as long each time, and forgiven after. */
const FIRST_AVOIDED_MS = 5_000;
const MOST_AVOIDED_MS = 120_000;
/** One slow step says no more than this. */
const MOST_PACE = 64;

/** What a machine can do, as the planner sees it. */
export interface Machine {
  peer: PeerId;
  freeBytes: number;
  /** Weights read in a millisecond. */
  bytesPerMs: number;
  speeds: readonly ModelSpeed[];
  /** What its steps have taken of late, against what its speeds say. */
  pace: number;
  /** Steps waiting for its GPU. */
  queue: number;
  /** 0–1. */
  load: number;
}

/** What a plan is made from. */
export interface RoomView {
  readonly machines: readonly Machine[];
  /** Milliseconds for `bytes` from one machine to another; infinite where there is no way. */
  hopMs(from: PeerId, to: PeerId, bytes: number): number;
}

/**
 * The room as a graph: machines, and what it takes from one to another. Ways of this machine are measured by its own
 * links, ways between others by what they say of theirs; what steps really took corrects both.
 */
export class Topology {
  readonly #clock: Clock;
  readonly #self: PeerId;
  readonly #links: () => { peer: PeerId; rttMs: number }[];
  readonly #members: () => readonly Member[];
  readonly #describe: () => Omit<Machine, 'pace'>;
  /** Measured bytes in a millisecond, by edge. */
  readonly #bandwidths = new Map<string, number>();
  readonly #paces = new Map<PeerId, number>();
  readonly #avoided = new Map<string, { until: number; ms: number }>();

  constructor(options: {
    clock: Clock;
    self: PeerId;
    links(): { peer: PeerId; rttMs: number }[];
    members(): readonly Member[];
    /** This machine. */
    describe(): Omit<Machine, 'pace'>;
  }) {
    this.#clock = options.clock;
    this.#self = options.self;
    this.#links = options.links;
    this.#members = options.members;
    this.#describe = options.describe;
  }

  /** The room as it is: what failed lately is left out. */
  get trusted(): RoomView {
    return {
      machines: this.#sharing().filter(({ peer }) => !this.#isAvoided(peer) && this.#brokenWays(peer) < 2),
      hopMs: (from, to, bytes) =>
        this.#isAvoided(edge(from, to)) ? Number.POSITIVE_INFINITY : this.#hopMs(from, to, bytes),
    };
  }

  /** All of it, for when that does not do. */
  get whole(): RoomView {
    return { machines: this.#sharing(), hopMs: (from, to, bytes) => this.#hopMs(from, to, bytes) };
  }

  /** This machine and all others that share and can be heard. */
  #sharing(): Machine[] {
    const others = this.#members()
      .filter(({ beat, isSuspect }) => beat.isSharing && !isSuspect)
      .map(({ peer, beat }) => ({ ...beat, peer }));
    return [this.#describe(), ...others].map((at) => ({ ...at, pace: this.#paces.get(at.peer) ?? 1 }));
  }

  #hopMs(from: PeerId, to: PeerId, bytes: number): number {
    if (from === to) return 0;
    const bandwidth = this.#bandwidths.get(edge(from, to)) ?? DEFAULT_BYTES_PER_MS;
    return this.#rttMs(from, to) / 2 + bytes / bandwidth;
  }

  /** A transfer of many bytes has been timed. */
  measured(from: PeerId, to: PeerId, bytes: number, ms: number): void {
    const now = bytes / Math.max(ms, 0.01);
    const before = this.#bandwidths.get(edge(from, to)) ?? now;
    this.#bandwidths.set(edge(from, to), 0.7 * before + 0.3 * now);
  }

  /** A machine's step has been timed: `saidMs` is what its speeds say of it. */
  took(peer: PeerId, saidMs: number, ms: number): void {
    const now = Math.min(MOST_PACE, Math.max(1 / MOST_PACE, ms / Math.max(saidMs, 0.001)));
    this.#paces.set(peer, 0.7 * (this.#paces.get(peer) ?? 1) + 0.3 * now);
  }

  /** A machine, or the way from one to another, failed: it is left out until it may have mended. */
  avoid(peer: PeerId, to?: PeerId): void {
    const key = to === undefined ? peer : edge(peer, to);
    const last = this.#avoided.get(key);
    const ms = Math.min(MOST_AVOIDED_MS, last ? 2 * last.ms : FIRST_AVOIDED_MS);
    this.#avoided.set(key, { until: this.#clock.now() + ms, ms });
  }

  /** A machine is gone, and with it all that was known of it. */
  forget(peer: PeerId): void {
    for (const known of [this.#bandwidths, this.#paces, this.#avoided])
      for (const key of known.keys()) if (key.includes(peer)) known.delete(key);
  }

  #isAvoided(key: string): boolean {
    const avoided = this.#avoided.get(key);
    if (!avoided) return false;
    // What has been good for as long again starts anew
    if (this.#clock.now() > avoided.until + avoided.ms) this.#avoided.delete(key);
    return this.#clock.now() < avoided.until;
  }

  /** Ways that all failed have a machine in common: it is the machine that fails. This one would know. */
  #brokenWays(peer: PeerId): number {
    if (peer === this.#self) return 0;
    return [...this.#avoided.keys()].filter((key) => key.split(' ').includes(peer) && this.#isAvoided(key))
      .length;
  }

  #rttMs(from: PeerId, to: PeerId): number {
    if (from === this.#self || to === this.#self) {
      const other = from === this.#self ? to : from;
      return this.#links().find(({ peer }) => peer === other)?.rttMs ?? Number.POSITIVE_INFINITY;
    }
    const known = [this.#said(from, to), this.#said(to, from)];
    // Both ends must name each other: a way that only one of them sees is half a way
    return known.every((ms) => ms !== undefined)
      ? Math.max(...(known as number[]))
      : Number.POSITIVE_INFINITY;
  }

  #said(from: PeerId, to: PeerId): number | undefined {
    const member = this.#members().find(({ peer }) => peer === from);
    return member?.beat.rtts.find(({ peer }) => peer === to)?.rttMs;
  }
}

function edge(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}
