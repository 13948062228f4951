import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelOrigin, Piece } from '../../protocol/stage.ts';
import type { Random } from '../clock.ts';
import type { Manifest } from './manifest.ts';
import type { PeerPieces, Wanted } from './peer-pieces.ts';

/** Pieces on their way at once: enough to keep a link busy, few enough to hold. */
const PIECES_AT_ONCE = 4;

/** Where a machine has pieces and manifests, each by its SHA-256 in hex: nobody can put one in another's place. */
export interface PieceStore {
  has(sha256: string): boolean;
  /** Bytes [at, at + bytes); nothing if they are not there any more. */
  read(sha256: string, at: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A model that a machine fetches pieces of. */
export interface Fetched {
  manifest: Manifest;
  origin: ModelOrigin;
  /** Who wants a stage of it. */
  asker: PeerId;
}

export interface PieceLoaderOptions {
  store: PieceStore;
  peers: PeerPieces;
  random: Random;
  /** Machines that have a piece, as far as can be known. */
  holders(model: Fetched, piece: Piece): PeerId[];
  /** From where the model is published. */
  hub(model: Fetched, piece: Piece): Promise<Uint8Array<ArrayBuffer>>;
  /** In hex. */
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  /** A machine has sent bytes that are not those they should be. */
  onForged(peer: PeerId): void;
}

/** Gets what a stage needs, and nothing else: what lies here already stays, peers come before the hub, hashes decide. */
export class PieceLoader {
  readonly #options: PieceLoaderOptions;
  /** Pieces on their way, for several stages that want the same. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: PieceLoaderOptions) {
    this.#options = options;
  }

  /** Resolves when every piece is stored. Fails if neither a peer nor the hub has one. */
  async load(
    model: Fetched,
    pieces: readonly Piece[],
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const totalBytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    let doneBytes = 0;
    const wanted: Piece[] = [];
    for (const piece of pieces) {
      if (this.#options.store.has(piece.sha256)) doneBytes += piece.bytes;
      else wanted.push(piece);
    }
    onProgress(doneBytes, totalBytes);
    // Rarest first: what few hold may soon be held by nobody
    const rarity = (piece: Piece) => this.#options.holders(model, piece).length;
    wanted.sort((a, b) => rarity(a) - rarity(b));
    const fetchAll = async () => {
      for (let piece = wanted.shift(); piece; piece = wanted.shift()) {
        await this.#fetchOnce(model, piece);
        doneBytes += piece.bytes;
        onProgress(doneBytes, totalBytes);
      }
    };
    await Promise.all(Array.from({ length: PIECES_AT_ONCE }, fetchAll));
  }

  /** From the first of the machines that has it; nothing if none does. */
  async fromPeers(machines: readonly PeerId[], wanted: Wanted): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { peers, onForged } = this.#options;
    for (const peer of machines) {
      const bytes = await peers.fetch(peer, wanted);
      if (!bytes) continue;
      if (await this.#isRight(wanted, bytes)) return bytes;
      onForged(peer);
    }
    return undefined;
  }

  #fetchOnce(model: Fetched, piece: Piece): Promise<void> {
    // Another stage may have fetched it while this one waited
    if (this.#options.store.has(piece.sha256)) return Promise.resolve();
    let underWay = this.#underWay.get(piece.sha256);
    if (!underWay) {
      underWay = this.#fetch(model, piece).finally(() => this.#underWay.delete(piece.sha256));
      this.#underWay.set(piece.sha256, underWay);
    }
    return underWay;
  }

  async #fetch(model: Fetched, piece: Piece): Promise<void> {
    const { store, hub, holders, random } = this.#options;
    const machines = holders(model, piece)
      .map((peer) => ({ peer, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ peer }) => peer);
    const bytes = (await this.fromPeers(machines, piece)) ?? (await hub(model, piece));
    if (!(await this.#isRight(piece, bytes)))
      throw new HearthError(
        'bad-model',
        'A piece of the model is not what it is in the file of who asks. Download the model there again.',
      );
    await store.write(piece.sha256, bytes);
  }

  async #isRight(wanted: Wanted, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return bytes.length === wanted.bytes && (await this.#options.sha256(bytes)) === wanted.sha256;
  }
}
