import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import { CHUNK_BYTES, CHUNKS_IN_FLIGHT, MAX_PIECE_BYTES } from '../limits.ts';
import type { ControlMessage } from '../messages/control.ts';

/** A chunk that has not come by then never will. */
const CHUNK_TIMEOUT_MS = 3_000;

export interface PeerPiecesOptions {
  clock: Clock;
  tell(peer: PeerId, message: ControlMessage): void;
  /** A whole piece has come: what the way from that peer carries. */
  onTransfer(peer: PeerId, bytes: number, ms: number): void;
}

/** Bytes by their hash: a piece of a model, or its manifest. */
export interface Wanted {
  sha256: string;
  bytes: number;
}

interface Transfer {
  peer: PeerId;
  piece: Wanted;
  startedAt: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next chunk to ask for begins. */
  askedTo: number;
  /** By request, where in the piece its chunk belongs. */
  asked: Map<number, { at: number; bytes: number }>;
  cancel(): void;
  end(bytes: Uint8Array<ArrayBuffer> | undefined): void;
}

/** Pieces from peers: asked for a few chunks ahead, so that who gives holds no more than was asked for. */
export class PeerPieces {
  readonly #options: PeerPiecesOptions;
  readonly #byRequest = new Map<number, Transfer>();
  #nextRequest = 0;

  constructor(options: PeerPiecesOptions) {
    this.#options = options;
  }

  /** Nothing if the peer has it not, or stops sending. */
  fetch(peer: PeerId, piece: Wanted): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (piece.bytes > MAX_PIECE_BYTES) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const transfer: Transfer = {
        peer,
        piece,
        startedAt: this.#options.clock.now(),
        bytes: new Uint8Array(piece.bytes),
        askedTo: 0,
        asked: new Map(),
        cancel: () => {},
        end: resolve,
      };
      this.#ask(transfer);
    });
  }

  onChunk(peer: PeerId, request: number, chunk: Uint8Array<ArrayBuffer>): void {
    const transfer = this.#byRequest.get(request);
    const place = transfer?.asked.get(request);
    if (!transfer || !place || transfer.peer !== peer) return;
    if (chunk.length !== place.bytes) {
      this.#end(transfer, undefined);
      return;
    }
    transfer.bytes.set(chunk, place.at);
    this.#forget(transfer, request);
    if (transfer.askedTo < transfer.piece.bytes || transfer.asked.size > 0) {
      this.#ask(transfer);
      return;
    }
    const { clock, onTransfer } = this.#options;
    onTransfer(peer, transfer.bytes.length, clock.now() - transfer.startedAt);
    this.#end(transfer, transfer.bytes);
  }

  onMissing(peer: PeerId, request: number): void {
    const transfer = this.#byRequest.get(request);
    if (transfer?.peer === peer) this.#end(transfer, undefined);
  }

  onPeerGone(peer: PeerId): void {
    for (const transfer of new Set(this.#byRequest.values()))
      if (transfer.peer === peer) this.#end(transfer, undefined);
  }

  #ask(transfer: Transfer): void {
    const { peer, piece, asked } = transfer;
    while (asked.size < CHUNKS_IN_FLIGHT && transfer.askedTo < piece.bytes) {
      const request = this.#nextRequest++ >>> 0;
      const at = transfer.askedTo;
      const bytes = Math.min(CHUNK_BYTES, piece.bytes - at);
      transfer.askedTo += bytes;
      asked.set(request, { at, bytes });
      this.#byRequest.set(request, transfer);
      this.#options.tell(peer, { kind: 'want', request, sha256: piece.sha256, at, bytes });
    }
    transfer.cancel();
    transfer.cancel = this.#options.clock.after(CHUNK_TIMEOUT_MS, () => this.#end(transfer, undefined));
  }

  #forget({ asked }: Transfer, request: number): void {
    asked.delete(request);
    this.#byRequest.delete(request);
  }

  #end(transfer: Transfer, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    transfer.cancel();
    for (const request of [...transfer.asked.keys()]) this.#forget(transfer, request);
    transfer.end(bytes);
  }
}
