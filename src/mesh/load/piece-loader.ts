import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, Piece, StageSpan } from '../../protocol/stage.ts';
import type { Random } from '../clock.ts';
import type { PeerPieces } from './peer-pieces.ts';
import { piecesOf } from './pieces-of.ts';

/** Pieces on their way at once: enough to keep a link busy, few enough to hold. */
const PIECES_AT_ONCE = 4;

/** Where a machine keeps the pieces that it has. */
export interface PieceStore {
  has(model: string, piece: Piece): boolean;
  /** Nothing if it is not there any more. */
  read(model: string, offset: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(model: string, piece: Piece, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export interface PieceLoaderOptions {
  store: PieceStore;
  peers: PeerPieces;
  random: Random;
  /** Machines that say they hold a piece. */
  holders(map: ModelMap, piece: Piece): PeerId[];
  /** From where the model is published. */
  hub(map: ModelMap, piece: Piece): Promise<Uint8Array<ArrayBuffer>>;
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

  /** Resolves when every piece of the span is stored. Fails if neither a peer nor the hub has one. */
  async load(
    map: ModelMap,
    span: StageSpan,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const pieces = piecesOf(map, span);
    const totalBytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    let doneBytes = 0;
    const wanted: Piece[] = [];
    for (const piece of pieces) {
      if (this.#options.store.has(map.model, piece)) doneBytes += piece.bytes;
      else wanted.push(piece);
    }
    onProgress(doneBytes, totalBytes);
    // Rarest first: what few hold may soon be held by nobody
    const rarity = (piece: Piece) => this.#options.holders(map, piece).length;
    wanted.sort((a, b) => rarity(a) - rarity(b));
    const fetchAll = async () => {
      for (let piece = wanted.shift(); piece; piece = wanted.shift()) {
        await this.#fetchOnce(map, piece);
        doneBytes += piece.bytes;
        onProgress(doneBytes, totalBytes);
      }
    };
    await Promise.all(Array.from({ length: PIECES_AT_ONCE }, fetchAll));
  }

  #fetchOnce(map: ModelMap, piece: Piece): Promise<void> {
    // Another stage may have fetched it while this one waited
    if (this.#options.store.has(map.model, piece)) return Promise.resolve();
    const key = `${map.model} ${piece.offset}`;
    let underWay = this.#underWay.get(key);
    if (!underWay) {
      underWay = this.#fetch(map, piece).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, underWay);
    }
    return underWay;
  }

  async #fetch(map: ModelMap, piece: Piece): Promise<void> {
    const { store, hub } = this.#options;
    const bytes = (await this.#fromPeers(map, piece)) ?? (await hub(map, piece));
    if (!(await this.#isRight(piece, bytes)))
      throw new HearthError(
        'bad-model',
        `A piece of ${map.name} is not what its publisher said it is. Try again later, or choose another model.`,
      );
    await store.write(map.model, piece, bytes);
  }

  /** Nothing if no machine has it after all. Without a known hash, nobody's word is taken for it. */
  async #fromPeers(map: ModelMap, piece: Piece): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (piece.sha256 === undefined) return undefined;
    const { holders, peers, random, onForged } = this.#options;
    const asked = holders(map, piece)
      .map((peer) => ({ peer, at: random() }))
      .sort((a, b) => a.at - b.at);
    for (const { peer } of asked) {
      const bytes = await peers.fetch(peer, map.model, piece);
      if (!bytes) continue;
      if (await this.#isRight(piece, bytes)) return bytes;
      onForged(peer);
    }
    return undefined;
  }

  async #isRight(piece: Piece, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (bytes.length !== piece.bytes) return false;
    return piece.sha256 === undefined || (await this.#options.sha256(bytes)) === piece.sha256;
  }
}
