import type { PeerId } from '../../protocol/peer-id.ts';

export interface Ban {
  peer: PeerId;
  why: string;
}

/** As many as anybody bans in a life; the oldest go first. */
const MOST_BANS = 1_024;

/** Machines that this one has nothing to do with any more. */
export class Bans {
  readonly #bans: Map<PeerId, string>;
  readonly #onChange: (bans: Ban[]) => void;

  /** `bans` as they were kept from an earlier start. */
  constructor(bans: readonly Ban[], onChange: (bans: Ban[]) => void) {
    this.#bans = new Map(bans.map(({ peer, why }) => [peer, why]));
    this.#onChange = onChange;
  }

  get all(): Ban[] {
    return [...this.#bans].map(([peer, why]) => ({ peer, why }));
  }

  has(peer: PeerId): boolean {
    return this.#bans.has(peer);
  }

  add(peer: PeerId, why: string): void {
    if (this.#bans.has(peer)) return;
    this.#bans.set(peer, why);
    if (this.#bans.size > MOST_BANS) this.#bans.delete(this.#bans.keys().next().value!);
    this.#onChange(this.all);
  }

  lift(peer: PeerId): void {
    if (this.#bans.delete(peer)) this.#onChange(this.all);
  }
}
