import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import { BULK_HIGH_WATER, MAX_WANTS_PER_PEER } from '../limits.ts';
import type { MeshLane } from '../link.ts';
import { type ControlMessage, encodeChunk, encodeControl } from '../messages/control.ts';
import type { PieceStore } from './piece-loader.ts';

/** How long a full link is left alone. */
const PAUSE_MS = 5;

export interface PieceServerOptions {
  clock: Clock;
  store: Pick<PieceStore, 'read'>;
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  /** Bytes on their way to a peer. */
  bufferedBytes(peer: PeerId): number;
}

type Want = Extract<ControlMessage, { kind: 'want' }>;

/** Gives peers the pieces that lie here: one chunk at a time to each, as its link takes them. */
export class PieceServer {
  readonly #options: PieceServerOptions;
  readonly #wants = new Map<PeerId, Want[]>();

  constructor(options: PieceServerOptions) {
    this.#options = options;
  }

  /** Whoever asks for more than may wait gets no answer to the rest, and asks again or elsewhere. */
  onWant(peer: PeerId, want: Want): void {
    const wants = this.#wants.get(peer);
    if (wants) {
      if (wants.length < MAX_WANTS_PER_PEER) wants.push(want);
      return;
    }
    this.#wants.set(peer, [want]);
    void this.#serve(peer);
  }

  onPeerGone(peer: PeerId): void {
    this.#wants.delete(peer);
  }

  async #serve(peer: PeerId): Promise<void> {
    const wants = this.#wants.get(peer)!;
    const { clock, store, send, bufferedBytes } = this.#options;
    while (wants.length > 0 && this.#wants.get(peer) === wants) {
      if (bufferedBytes(peer) > BULK_HIGH_WATER) {
        await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
        continue;
      }
      const { request, sha256, at, bytes } = wants[0]!;
      // A disk that fails is as good as one that has nothing
      const chunk = await store.read(sha256, at, bytes).catch(() => undefined);
      wants.shift();
      if (chunk?.length === bytes) send(peer, 'bulk', encodeChunk(request, chunk));
      else send(peer, 'control', encodeControl({ kind: 'missing', request }));
    }
    if (this.#wants.get(peer) === wants) this.#wants.delete(peer);
  }
}
