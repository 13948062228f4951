import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';
import { MAX_CONTROL_BYTES } from '../limits.ts';
import type { Link, MeshLane } from '../link.ts';
import { ActivationLane } from './activation-lane.ts';
import type { Channel } from './channel.ts';
import { BULK_HIGH_WATER_BYTES, BULK_LOW_WATER_BYTES, MAX_BULK_BYTES, MAX_WAITING_BYTES } from './limits.ts';
import { OrderedLane } from './ordered-lane.ts';

/** The channels of a link, all open, in a document or transferred to a worker. */
export interface LinkChannels {
  /** Ordered and reliable. */
  control: Channel;
  /** Unordered, without retransmission, each on a peer connection of its own. */
  activations: readonly Channel[];
  /** Ordered and reliable, on a peer connection that no activation uses. */
  bulk: Channel;
}

export interface ChannelLinkDeps {
  peer: PeerId;
  channels: LinkChannels;
  /** The same on both sides, another for each link. */
  epoch: number;
  clock: Clock;
  /** Whoever holds the peer connections closes them. */
  onEnd(reason: string): void;
}

/** So long after an activation bulk still leaves room for the next. */
const ACTIVE_MS = 250;

/** A link over data channels. */
export class ChannelLink implements Link {
  readonly peer: PeerId;
  readonly #activations: ActivationLane;
  readonly #control: OrderedLane;
  readonly #bulk: OrderedLane;
  readonly #early: { lane: MeshLane; frame: Uint8Array<ArrayBuffer> }[] = [];
  #onFrame: ((lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void) | undefined;
  #onClose: ((reason: string) => void) | undefined;
  #end: string | undefined;
  #activeAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: ChannelLinkDeps) {
    const { peer, channels, clock, epoch } = deps;
    this.peer = peer;
    const onBroken = (reason: string) => this.close(reason);
    const receive = (lane: MeshLane) => (frame: Uint8Array<ArrayBuffer>) => this.#receive(lane, frame);
    this.#activations = new ActivationLane({
      channels: channels.activations,
      epoch,
      clock,
      onFrame: receive('activation'),
      onBroken,
    });
    this.#control = new OrderedLane({
      channel: channels.control,
      maxFrameBytes: MAX_CONTROL_BYTES,
      maxWaitingBytes: MAX_WAITING_BYTES,
      highWaterBytes: () => BULK_HIGH_WATER_BYTES,
      onFrame: receive('control'),
      onBroken,
    });
    this.#bulk = new OrderedLane({
      channel: channels.bulk,
      maxFrameBytes: MAX_BULK_BYTES,
      maxWaitingBytes: MAX_WAITING_BYTES,
      highWaterBytes: () =>
        clock.now() - this.#activeAt < ACTIVE_MS ? BULK_LOW_WATER_BYTES : BULK_HIGH_WATER_BYTES,
      onFrame: receive('bulk'),
      onBroken,
    });
    for (const channel of [channels.control, channels.bulk, ...channels.activations])
      channel.onclose = () => this.close('The connection to the peer was closed.');
  }

  get rttMs(): number {
    return this.#activations.quality.rttMs;
  }

  get bufferedBytes(): number {
    return this.#activations.bufferedBytes + this.#control.bufferedBytes + this.#bulk.bufferedBytes;
  }

  send(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    if (this.#end !== undefined) return;
    if (lane === 'control') this.#control.send(frame);
    else if (lane === 'bulk') this.#bulk.send(frame);
    else {
      this.#activeAt = this.deps.clock.now();
      this.#activations.send(frame);
    }
  }

  onFrame(handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void): void {
    this.#onFrame = handler;
    // The other side may have begun before there was a handler here
    for (const { lane, frame } of this.#early.splice(0)) handler(lane, frame);
  }

  onClose(handler: (reason: string) => void): void {
    if (this.#end === undefined) this.#onClose = handler;
    else handler(this.#end);
  }

  close(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    const { channels, onEnd } = this.deps;
    for (const lane of [this.#activations, this.#control, this.#bulk]) lane.close();
    for (const channel of [channels.control, channels.bulk, ...channels.activations]) channel.close();
    onEnd(reason);
    this.#onClose?.(reason);
  }

  #receive(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    if (this.#end !== undefined) return;
    if (lane === 'activation') this.#activeAt = this.deps.clock.now();
    if (this.#onFrame) this.#onFrame(lane, frame);
    else if (this.#early.length < MAX_EARLY_FRAMES) this.#early.push({ lane, frame });
    else this.close('The peer sends, and nobody here has begun to listen.');
  }
}

const MAX_EARLY_FRAMES = 64;
