import type { Clock } from '../../mesh/clock.ts';
import { doorsToKnock, knockAgainAfterMs } from '../../mesh/signalling/doors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { Carrier } from './carrier.ts';
import { Doorman, type ServerAddress } from './doorman.ts';

export interface DoorsDeps {
  roomId: string;
  server: ServerAddress;
  iceServers: RTCIceServer[];
  clock: Clock;
  random: () => number;
  isLinked(peer: PeerId): boolean;
  /** Makes a link of a connection; gives whose it is. */
  link(carrier: Carrier): Promise<{ peer: PeerId }>;
  onChange(): void;
}

/** Knocks after somebody has answered are rare: they only find a part of the room that has lost the rest. */
const CALM_FAILURES = 5;

/** This machine's door at a server, and its knocking at those of others until it knows somebody. */
export class Doors {
  /** A sentence while the server is not there. */
  problem: string | undefined;
  #doorman: Doorman;
  /** Which machine answered at which door. */
  readonly #answered = new Map<number, PeerId>();
  #own: number | undefined;
  #failures = 0;
  #cancel = () => {};
  #isOver = false;

  constructor(private readonly deps: DoorsDeps) {
    this.#doorman = this.#stand();
  }

  get state(): 'open' | 'lost' | 'connecting' {
    if (this.#own !== undefined) return 'open';
    return this.problem ? 'lost' : 'connecting';
  }

  /**
   * A link was lost: somebody may be found again. With none left it may be this machine that has moved, whose line to
   * the server is then dead without either end knowing: a new one is laid.
   */
  knockSoon(isAlone: boolean): void {
    if (isAlone) {
      this.#doorman.close();
      this.#own = undefined;
      this.#doorman = this.#stand();
    }
    this.#knockAfter(knockAgainAfterMs(0, this.deps.random));
  }

  close(): void {
    this.#isOver = true;
    this.#cancel();
    this.#doorman.close();
  }

  #stand(): Doorman {
    const { link, onChange } = this.deps;
    const doorman = new Doorman({
      ...this.deps,
      onKnock: (carrier) => void link(carrier).catch(() => {}),
      onDoor: (door, problem) => {
        if (this.#doorman !== doorman) return;
        this.#own = door;
        this.problem = problem;
        if (door !== undefined) this.#knockAfter(0);
        onChange();
      },
    });
    return doorman;
  }

  #knockAfter(ms: number): void {
    this.#cancel();
    this.#cancel = this.deps.clock.after(ms, async () => {
      const isAnswered = await this.#knock();
      if (this.#isOver) return;
      this.#failures = isAnswered ? CALM_FAILURES : this.#failures + 1;
      this.#knockAfter(knockAgainAfterMs(this.#failures, this.deps.random));
    });
  }

  async #knock(): Promise<boolean> {
    for (const [door, peer] of this.#answered) if (!this.deps.isLinked(peer)) this.#answered.delete(door);
    for (const door of doorsToKnock(this.#own ?? 0, new Set(this.#answered.keys()))) {
      const carrier = this.#doorman.knock(door);
      if (!carrier) return false;
      try {
        const { peer } = await this.deps.link(carrier);
        this.#answered.set(door, peer);
        return true;
      } catch {
        // Nobody there, or nobody of this room: the next door
      }
    }
    return this.#answered.size > 0;
  }
}
