import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, Stage, StageOrder } from '../../protocol/stage.ts';
import type { Clock, Random } from '../clock.ts';
import { CHUNK_BYTES } from '../limits.ts';
import type { MeshLane } from '../link.ts';
import type { Member } from '../membership/membership.ts';
import { type ControlMessage, encodeControl } from '../messages/control.ts';
import { modelCost } from '../planner/model-cost.ts';
import { PeerPieces } from './peer-pieces.ts';
import { PieceLoader, type PieceLoaderOptions, type PieceStore } from './piece-loader.ts';
import { PieceServer } from './piece-server.ts';
import { fromBits } from './pieces-of.ts';

export interface PieceExchangeOptions extends Pick<PieceLoaderOptions, 'hub' | 'sha256' | 'onForged'> {
  clock: Clock;
  random: Random;
  store: PieceStore;
  members(): readonly Member[];
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  bufferedBytes(peer: PeerId): number;
  /** What the way from a peer has carried in so many milliseconds: for the topology. */
  onTransfer(peer: PeerId, bytes: number, ms: number): void;
  /** What is where in a model's file; nothing for a model that this machine does not know. */
  mapOf(model: string): Promise<ModelMap | undefined>;
  /** What stages of others may take of this machine's memory now. */
  freeBytes(): number;
  /** Makes a stage of pieces that are all here. */
  makeStage(order: StageOrder, map: ModelMap): Promise<Stage>;
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
      holders: (map, piece) => this.#holders(map, piece.offset),
    });
  }

  /** Fails, in words for who asked, if the stage has no place here or its bytes cannot be had. */
  async openStage(
    order: StageOrder,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Stage> {
    const map = await this.#options.mapOf(order.model);
    if (!map)
      throw new HearthError('not-found', 'This machine does not know the model that you ask for a stage of.');
    const { span, sizes, dim, hidden } = order;
    if (span.end > map.layers.length || dim !== map.dim || hidden !== map.hidden)
      throw new HearthError('bad-input', 'The model has no such stage.');
    const positions = Math.max(...sizes.pageCounts) * sizes.pageSize;
    const needed = modelCost(map).memory(span, positions);
    if (needed > this.#options.freeBytes())
      throw new HearthError(
        'out-of-memory',
        `The stage needs ${megabytes(needed)}, and this machine gives ${megabytes(this.#options.freeBytes())} to others now.`,
      );
    await this.#loader.load(map, span, onProgress);
    return this.#options.makeStage(order, map);
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

  #holders(map: ModelMap, offset: number): PeerId[] {
    return this.#options
      .members()
      .filter(({ beat, isSuspect }) => {
        const bits = beat.pieces.find(({ model }) => model === map.model)?.held;
        return !isSuspect && bits !== undefined && this.#offsets(map, bits).has(offset);
      })
      .map(({ peer }) => peer);
  }

  /** Once for each heartbeat, not for each piece. */
  #offsets(map: ModelMap, bits: Uint8Array): Set<number> {
    let held = this.#held.get(bits);
    if (!held) this.#held.set(bits, (held = fromBits(map, bits)));
    return held;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
