import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';

/** Nobody asks in another's name by accident; something old comes up again now and then. */
const POINTS = { forged: 10, stale: 1 } as const;
export type Offence = keyof typeof POINTS;

const DROP_EACH = 10;
const BAN_AT = 25;
/** A point is forgotten after so long. */
const FORGET_MS = 20_000;
const MOST_REMEMBERED = 256;

/** Counts what machines do that honest ones hardly do: a link is dropped for it, and who repeats it is banned. */
export class Strikes {
  readonly #counts = new Map<PeerId, { points: number; at: number }>();

  constructor(private readonly clock: Clock) {}

  add(peer: PeerId, offence: Offence): 'noted' | 'drop' | 'ban' {
    const now = this.clock.now();
    const { points = 0, at = now } = this.#counts.get(peer) ?? {};
    const before = Math.max(0, points - (now - at) / FORGET_MS);
    const after = before + POINTS[offence];
    this.#counts.delete(peer);
    this.#counts.set(peer, { points: after, at: now });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_REMEMBERED) this.#counts.delete(oldest!);
    if (after >= BAN_AT) return 'ban';
    return Math.floor(after / DROP_EACH) > Math.floor(before / DROP_EACH) ? 'drop' : 'noted';
  }
}
