import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import { MAX_PEERS } from '../limits.ts';
import type { Beat } from '../messages/control.ts';

export const BEAT_MS = 500;
/** Three beats missed. */
export const DEAD_AFTER_MS = 3 * BEAT_MS;
const SUSPECT_AFTER_MS = 2 * BEAT_MS + BEAT_MS / 5;
/** How many departed machines are remembered, so that a late frame of theirs does not bring them back. */
const MAX_REMEMBERED = 4 * MAX_PEERS;

/** Another machine of the room, as far as it can be known from here. */
export interface Member {
  readonly peer: PeerId;
  /** What it last said of itself. */
  readonly beat: Beat;
  /** It has missed beats, or no longer hears us: nothing new is asked of it. */
  readonly isSuspect: boolean;
}

export type MembershipEvent =
  | { kind: 'joined' | 'restarted' | 'suspect' | 'trusted'; peer: PeerId }
  | { kind: 'gone'; peer: PeerId; because: string };

export interface MembershipOptions {
  self: PeerId;
  clock: Clock;
  /** Higher than at any earlier start of this machine. */
  incarnation: number;
  /** What this machine says of itself, but for what only membership knows. */
  describe(): Omit<Beat, 'incarnation' | 'beat' | 'rtts'>;
  /** The links that stand. */
  links(): { peer: PeerId; rttMs: number }[];
  sendBeat(peer: PeerId, beat: Beat): void;
  sendLeaving(peer: PeerId, incarnation: number): void;
  onEvent(event: MembershipEvent): void;
}

interface Entry {
  peer: PeerId;
  beat: Beat;
  heardAt: number;
  /** Since when its beats have not named us. */
  deafSince: number | undefined;
  wasSuspect: boolean;
}

/**
 * Who is in the room. Nobody is told of third machines: each is known by its own beats alone, so nobody can be kept in
 * a room by hearsay. A machine is gone when three of its beats are missing, when it says so, or when its link closes;
 * and comes back only by a beat that is newer than all that were heard of it.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #entries = new Map<PeerId, Entry>();
  /** Of machines that are gone, the newest beat: [incarnation, beat]. */
  readonly #departed = new Map<PeerId, readonly [number, number]>();
  #beat = 0;
  #tickedAt = 0;
  #cancel: (() => void) | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  start(): void {
    this.#tickedAt = this.#options.clock.now();
    this.#tick();
  }

  /** Says goodbye, so that nobody has to wait three beats. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const { peer } of this.#options.links()) this.#options.sendLeaving(peer, this.#options.incarnation);
    this.#entries.clear();
  }

  get members(): readonly Member[] {
    const now = this.#options.clock.now();
    return [...this.#entries.values()].map((entry) => toMember(entry, now));
  }

  get(peer: PeerId): Member | undefined {
    const entry = this.#entries.get(peer);
    return entry && toMember(entry, this.#options.clock.now());
  }

  /** Nothing but a newer beat is a sign of life: any other frame may be an old one that comes late. */
  onBeat(peer: PeerId, beat: Beat): void {
    const now = this.#options.clock.now();
    const entry = this.#entries.get(peer);
    const last = entry ? ([entry.beat.incarnation, entry.beat.beat] as const) : this.#departed.get(peer);
    if (last && !isNewer(beat, last)) return;
    if (!entry) {
      if (this.#entries.size >= MAX_PEERS - 1) return;
      this.#departed.delete(peer);
      this.#entries.set(peer, {
        peer,
        beat,
        heardAt: now,
        deafSince: this.#names(beat) ? undefined : now,
        wasSuspect: false,
      });
      this.#options.onEvent({ kind: 'joined', peer });
      return;
    }
    const hasRestarted = beat.incarnation > entry.beat.incarnation;
    entry.beat = beat;
    entry.heardAt = now;
    entry.deafSince = this.#names(beat) ? undefined : hasRestarted ? now : (entry.deafSince ?? now);
    if (hasRestarted) this.#options.onEvent({ kind: 'restarted', peer });
    this.#weigh(entry);
  }

  onLeaving(peer: PeerId, incarnation: number): void {
    const entry = this.#entries.get(peer);
    // A late goodbye of an earlier life says nothing about this one
    if (entry && incarnation < entry.beat.incarnation) return;
    this.remove(peer, 'It left the room.');
  }

  /** Its link is closed, or it is not to be in the room any more. */
  remove(peer: PeerId, because: string): void {
    const entry = this.#entries.get(peer);
    if (!entry) return;
    this.#entries.delete(peer);
    this.#departed.delete(peer);
    this.#departed.set(peer, [entry.beat.incarnation, entry.beat.beat]);
    const [oldest] = this.#departed.keys();
    if (this.#departed.size > MAX_REMEMBERED) this.#departed.delete(oldest!);
    this.#options.onEvent({ kind: 'gone', peer, because });
  }

  #tick(): void {
    const { clock, incarnation, describe, links, sendBeat } = this.#options;
    const now = clock.now();
    const asleepMs = now - this.#tickedAt - BEAT_MS;
    // While this machine slept nobody could be heard: that is no fault of theirs
    if (asleepMs > BEAT_MS) for (const entry of this.#entries.values()) entry.heardAt += asleepMs;
    this.#tickedAt = now;

    const rtts = links()
      .filter(({ peer }) => this.#entries.has(peer))
      .map(({ peer, rttMs }) => ({ peer, rttMs }));
    const beat = { ...describe(), incarnation, beat: this.#beat++, rtts };
    for (const { peer } of links()) sendBeat(peer, beat);
    for (const entry of [...this.#entries.values()]) this.#judge(entry, now);

    // Deaths are due between ticks too, or three misses would be found out at the fourth
    const nextDeath = Math.min(...[...this.#entries.values()].map(({ heardAt }) => heardAt + DEAD_AFTER_MS));
    const isSoon = nextDeath > now && nextDeath < now + BEAT_MS;
    const cancelTick = clock.after(BEAT_MS, () => this.#tick());
    const cancelDeath = isSoon ? clock.after(nextDeath - now, () => this.#judgeAll()) : undefined;
    this.#cancel = () => {
      cancelTick();
      cancelDeath?.();
    };
  }

  #judgeAll(): void {
    const now = this.#options.clock.now();
    // Woken late: the tick, which is due too, knows by how much
    if (now - this.#tickedAt > 2 * BEAT_MS) return;
    for (const entry of [...this.#entries.values()]) this.#judge(entry, now);
  }

  #judge(entry: Entry, now: number): void {
    const silentMs = now - entry.heardAt;
    if (silentMs >= DEAD_AFTER_MS) {
      this.remove(entry.peer, 'Nothing has been heard of it for three heartbeats.');
      return;
    }
    this.#weigh(entry);
  }

  #weigh(entry: Entry): void {
    const { isSuspect } = toMember(entry, this.#options.clock.now());
    if (isSuspect === entry.wasSuspect) return;
    entry.wasSuspect = isSuspect;
    this.#options.onEvent({ kind: isSuspect ? 'suspect' : 'trusted', peer: entry.peer });
  }

  #names(beat: Beat): boolean {
    return beat.rtts.some(({ peer }) => peer === this.#options.self);
  }
}

/** A machine that does not name us for three beats does not hear us: the way to it is broken, though not the way back. */
function toMember({ peer, beat, deafSince, heardAt }: Entry, now: number): Member {
  const isLate = now - heardAt >= SUSPECT_AFTER_MS;
  const isDeaf = deafSince !== undefined && heardAt - deafSince >= DEAD_AFTER_MS;
  return { peer, beat, isSuspect: isLate || isDeaf };
}

function isNewer(
  { incarnation, beat }: Beat,
  [lastIncarnation, lastBeat]: readonly [number, number],
): boolean {
  return incarnation > lastIncarnation || (incarnation === lastIncarnation && beat > lastBeat);
}
