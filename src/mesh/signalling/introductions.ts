import * as v from 'valibot';
import { isPeerId, type PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import { MAX_PEERS } from '../limits.ts';

/** An SDP is a few hundred bytes. */
const MAX_SDP_CHARS = 6_000;
const TICK_MS = 2_000;
/** The one with the greater id waits so long for the other to begin. */
const PATIENCE_TICKS = 3;
/** A try that has led to nothing by then is given up. */
const TRY_TICKS = 10;

const Peer = v.custom<PeerId>(isPeerId);
const Sdp = v.pipe(v.string(), v.maxLength(MAX_SDP_CHARS));
const Message = v.variant('kind', [
  /** Whom its sender is linked to. */
  v.object({ kind: v.literal('linked'), peers: v.pipe(v.array(Peer), v.maxLength(MAX_PEERS)) }),
  /** From `from` to `to`, by way of whoever is linked to both. */
  v.object({
    kind: v.literal('relay'),
    from: Peer,
    to: Peer,
    type: v.picklist(['offer', 'answer']),
    sdp: Sdp,
  }),
]);
type Message = v.InferOutput<typeof Message>;

export interface IntroductionsDeps {
  self: PeerId;
  clock: Clock;
  /** Peers whose links stand. */
  linked(): readonly PeerId[];
  isRefused(peer: PeerId): boolean;
  /** Over the control lane of a link. */
  send(peer: PeerId, message: unknown): void;
  /** Makes an offer for this peer, and gives what takes its answer. */
  offer(peer: PeerId): Promise<{ sdp: string; accept(sdp: string): void }>;
  answer(peer: PeerId, sdp: string): Promise<string>;
}

interface Try {
  ticks: number;
  accept: ((sdp: string) => void) | undefined;
}

/**
 * Members that are linked bring together those who are not: no server is needed once one link stands. Whoever relays
 * learns two descriptions and can change them, which the two find out when they shake hands.
 */
export class Introductions {
  readonly #known = new Map<PeerId, readonly PeerId[]>();
  readonly #tries = new Map<PeerId, Try>();
  readonly #waits = new Map<PeerId, number>();
  readonly #stop: () => void;
  #told = '';

  constructor(private readonly deps: IntroductionsDeps) {
    let cancel = () => {};
    const tick = () => {
      cancel = deps.clock.after(TICK_MS, tick);
      this.#tick();
    };
    cancel = deps.clock.after(TICK_MS, tick);
    this.#stop = () => cancel();
  }

  close(): void {
    this.#stop();
  }

  /** A link stands, or stands no longer. */
  linksChanged(): void {
    const linked = this.deps.linked();
    for (const peer of this.#known.keys()) if (!linked.includes(peer)) this.#known.delete(peer);
    for (const peer of linked) this.#tries.delete(peer);
    const told = [...linked].sort().join();
    if (told === this.#told) return;
    this.#told = told;
    for (const peer of linked) this.deps.send(peer, { kind: 'linked', peers: linked });
  }

  /** From the peer at the other end of a link. What cannot be read is dropped: a newer version may have said it. */
  receive(sender: PeerId, said: unknown): void {
    const { success, output } = v.safeParse(Message, said);
    if (!success) return;
    if (output.kind === 'linked') {
      this.#known.set(sender, output.peers);
      this.#meet();
    } else if (output.to === this.deps.self) void this.#take(output, sender);
    // Nobody speaks in another's name, and nothing goes further than one step
    else if (output.from === sender && this.deps.linked().includes(output.to))
      this.deps.send(output.to, output);
  }

  #tick(): void {
    for (const [peer, attempt] of this.#tries) if (++attempt.ticks > TRY_TICKS) this.#tries.delete(peer);
    for (const peer of this.#strangers()) this.#waits.set(peer, (this.#waits.get(peer) ?? 0) + 1);
    this.#meet();
  }

  #strangers(): PeerId[] {
    const { self, isRefused } = this.deps;
    const linked = this.deps.linked();
    return [...new Set([...this.#known.values()].flat())].filter(
      (peer) => peer !== self && !linked.includes(peer) && !this.#tries.has(peer) && !isRefused(peer),
    );
  }

  /** Begins with those whom it is this machine's turn to call. */
  #meet(): void {
    for (const peer of this.#strangers()) {
      const isOurTurn = this.deps.self < peer || (this.#waits.get(peer) ?? 0) >= PATIENCE_TICKS;
      if (isOurTurn && this.#tries.size < MAX_PEERS) void this.#call(peer);
    }
  }

  async #call(peer: PeerId): Promise<void> {
    const { self, offer, send } = this.deps;
    const attempt: Try = { ticks: 0, accept: undefined };
    this.#tries.set(peer, attempt);
    this.#waits.delete(peer);
    try {
      const { sdp, accept } = await offer(peer);
      attempt.accept = accept;
      const via = this.#via(peer);
      if (via) send(via, { kind: 'relay', from: self, to: peer, type: 'offer', sdp });
    } catch {
      // The next tick finds it still a stranger
      this.#tries.delete(peer);
    }
  }

  async #take({ from, type, sdp }: Extract<Message, { kind: 'relay' }>, via: PeerId): Promise<void> {
    const { self, answer, send, isRefused } = this.deps;
    if (isRefused(from)) return;
    if (type === 'answer') {
      const attempt = this.#tries.get(from);
      attempt?.accept?.(sdp);
      if (attempt) attempt.accept = undefined;
      return;
    }
    // Both called at once: the lesser id's call stands
    if (this.#tries.has(from) && self < from) return;
    this.#tries.set(from, { ticks: 0, accept: undefined });
    try {
      const reply = await answer(from, sdp);
      send(via, { kind: 'relay', from: self, to: from, type: 'answer', sdp: reply });
    } catch {
      this.#tries.delete(from);
    }
  }

  #via(peer: PeerId): PeerId | undefined {
    const linked = this.deps.linked();
    return linked.find((other) => this.#known.get(other)?.includes(peer));
  }
}
