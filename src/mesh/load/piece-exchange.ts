import { bytesInWords } from '../../protocol/bytes-in-words.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, ModelOrigin, Stage, StageOrder } from '../../protocol/stage.ts';
import type { Clock, Random } from '../clock.ts';
import { CHUNK_BYTES } from '../limits.ts';
import type { MeshLane } from '../link.ts';
import type { Member } from '../membership/membership.ts';
import { type ControlMessage, encodeControl } from '../messages/control.ts';
import { modelCost } from '../planner/model-cost.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { PeerPieces } from './peer-pieces.ts';
import { type Fetched, PieceLoader, type PieceLoaderOptions, type PieceStore } from './piece-loader.ts';
import { PieceServer } from './piece-server.ts';
import { type PieceSource, pieceSource } from './piece-source.ts';
import { fromBits, piecesOf } from './pieces-of.ts';

export interface PieceExchangeOptions extends Pick<PieceLoaderOptions, 'hub' | 'sha256' | 'onForged'> {
  clock: Clock;
  random: Random;
  store: PieceStore;
  members(): readonly Member[];
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  bufferedBytes(peer: PeerId): number;
  /** What the way from a peer has carried in so many milliseconds: for the topology. */
  onTransfer(peer: PeerId, bytes: number, ms: number): void;
  /** What a header says of the model's file, whose pieces have the manifest's hashes. */
  readMap(manifest: Manifest, origin: ModelOrigin, header: PieceSource): Promise<ModelMap>;
  /** What stages of others may take of this machine's memory now. */
  freeBytes(): number;
  /** Makes a stage of pieces that are all here. */
  makeStage(order: StageOrder, map: ModelMap, source: PieceSource): Promise<Stage>;
}

/** How a machine comes by the bytes of its stages, and gives others what it has of theirs. */
export class PieceExchange {
  readonly #options: PieceExchangeOptions;
  readonly #peers: PeerPieces;
  readonly #server: PieceServer;
  readonly #loader: PieceLoader;
  readonly #held = new WeakMap<Uint8Array, Set<number>>();

  constructor(options: PieceExchangeOptions) {
    this.#options = options;
    const tell = (peer: PeerId, message: ControlMessage) =>
      options.send(peer, 'control', encodeControl(message));
    this.#peers = new PeerPieces({ clock: options.clock, tell, onTransfer: options.onTransfer });
    this.#server = new PieceServer(options);
    this.#loader = new PieceLoader({
      ...options,
      peers: this.#peers,
      holders: (model, { offset }) => this.#holders(model, offset),
    });
  }

  /**
   * A stage of a model of which this machine need have nothing: first what the file is made of, then its header, then,
   * if the stage has a place here, the bytes of its layers. Fails, in words for who asked, if any of it cannot be had.
   */
  async openStage(
    order: StageOrder,
    origin: ModelOrigin,
    asker: PeerId,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Stage> {
    const { store, readMap, makeStage } = this.#options;
    const manifest = await this.#manifest(order.model, origin, asker);
    const model: Fetched = { manifest, origin, asker };
    const header = manifest.pieces.filter(({ isHeader }) => isHeader);
    await this.#loader.load(model, header, onProgress);
    const map = await readMap(manifest, origin, pieceSource(manifest, store, true));
    this.#check(order, map);
    await this.#loader.load(model, piecesOf(map, order.span), onProgress);
    return makeStage(order, map, pieceSource(manifest, store));
  }

  onMessage(peer: PeerId, message: Extract<ControlMessage, { kind: 'want' | 'missing' }>): void {
    if (message.kind === 'missing') this.#peers.onMissing(peer, message.request);
    else if (message.bytes <= CHUNK_BYTES) this.#server.onWant(peer, message);
  }

  onChunk(peer: PeerId, request: number, chunk: Uint8Array<ArrayBuffer>): void {
    this.#peers.onChunk(peer, request, chunk);
  }

  onPeerGone(peer: PeerId): void {
    this.#peers.onPeerGone(peer);
    this.#server.onPeerGone(peer);
  }

  async #manifest(model: string, { manifestBytes }: ModelOrigin, asker: PeerId): Promise<Manifest> {
    const { store, members } = this.#options;
    const wanted = { sha256: model, bytes: manifestBytes };
    const others = members().filter(({ beat }) => beat.pieces.some((held) => held.model === model));
    const bytes =
      (await store.read(model, 0, manifestBytes)) ??
      (await this.#loader.fromPeers([asker, ...others.map(({ peer }) => peer)], wanted));
    if (!bytes)
      throw new HearthError('not-found', 'This machine does not know the model that you ask for a stage of.');
    const manifest = parseManifest(model, bytes);
    if (!store.has(model)) await store.write(model, bytes);
    return manifest;
  }

  /** Before a byte of a layer is fetched. */
  #check({ span, sizes, dim, hidden }: StageOrder, map: ModelMap): void {
    if (span.end > map.layers.length || dim !== map.dim || hidden !== map.hidden)
      throw new HearthError('bad-input', 'The model has no such stage.');
    const positions = Math.max(...sizes.pageCounts) * sizes.pageSize;
    const needed = modelCost(map).memory(span, positions);
    const free = this.#options.freeBytes();
    if (needed > free)
      throw new HearthError(
        'out-of-memory',
        `The stage needs ${bytesInWords(needed)}, and this machine gives ${bytesInWords(free)} to others now.`,
      );
  }

  /** Who asks has the model's manifest, and mostly its file too, whatever its last heartbeat said. */
  #holders({ manifest, asker }: Fetched, offset: number): PeerId[] {
    const others = this.#options.members().filter(({ peer, beat, isSuspect }) => {
      const bits = beat.pieces.find(({ model }) => model === manifest.model)?.held;
      return peer !== asker && !isSuspect && bits && this.#offsets(manifest, bits).has(offset);
    });
    return [asker, ...others.map(({ peer }) => peer)];
  }

  /** Once for each heartbeat, not for each piece. */
  #offsets({ pieces }: Manifest, bits: Uint8Array): Set<number> {
    let held = this.#held.get(bits);
    if (!held) this.#held.set(bits, (held = fromBits(pieces, bits)));
    return held;
  }
}
