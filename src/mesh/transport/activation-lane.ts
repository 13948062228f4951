import type { Clock } from '../clock.ts';
import { MAX_ACTIVATION_BYTES } from '../limits.ts';
import {
  type Ack,
  decode,
  encodeAck,
  encodePing,
  encodeSlice,
  type Slice,
  sliceCount,
} from './activation-wire.ts';
import { type Channel, trySend } from './channel.ts';
import { Inbox } from './inbox.ts';
import {
  MAX_BYTES_UNDER_WAY,
  MAX_FRAMES_UNDER_WAY,
  MAX_WAITING_BYTES,
  PATH_HIGH_WATER_BYTES,
} from './limits.ts';
import { PathQuality } from './path-quality.ts';

/** Three packets: Chromium's SCTP sends at most four for each `send`, and the rest a round trip later. */
const CLEAN_SLICE_BYTES = 3_400;
/** One packet, so that a loss takes one slice and its copy is another packet. */
const GUARDED_SLICE_BYTES = 1_100;
/** Slices of two paths overtake each other by this much without any being lost. */
const OVERTAKING_MS = 3;
/** With nothing heard for so long the link is given up; the mesh's heartbeats have usually said so long before. */
const SILENCE_MS = 10_000;
/** A long frame is acknowledged on its way, so that its sender knows how the network does. */
const SLICES_PER_ACK = 64;

interface Outgoing {
  number: number;
  bytes: Uint8Array<ArrayBuffer>;
  sliceBytes: number;
  count: number;
  /** The first slice that has not been sent. */
  unsent: number;
}

export interface ActivationLaneDeps {
  /** Unordered and without retransmission, each on a peer connection of its own. */
  channels: readonly Channel[];
  epoch: number;
  clock: Clock;
  onFrame(frame: Uint8Array<ArrayBuffer>): void;
  /** The peer broke the rules, or nothing gets through: the link must close. */
  onBroken(reason: string): void;
}

/**
 * Frames in order, whole and once, over channels that promise none of it. On a calm network slices go once over the
 * first path. When loss or jitter shows, each is one packet, those of short frames and the ends of long ones go over
 * two paths, the rest over the emptiest. What is missing is asked for by the receiver as soon as later slices have
 * come, and offered again by the sender when an ack is late.
 */
export class ActivationLane {
  readonly quality = new PathQuality();
  readonly #inbox = new Inbox();
  readonly #waiting: Outgoing[] = [];
  readonly #underWay = new Map<number, Outgoing>();
  readonly #orders: number[];
  #waitingBytes = 0;
  #underWayBytes = 0;
  #frames = 0;
  #turn = 0;
  #probes = 0;
  #heardAt: number;
  #cancelTail: (() => void) | undefined;
  #cancelAsking: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #sinceAck = 0;
  #echoed = 0;
  #isOver = false;

  constructor(private readonly deps: ActivationLaneDeps) {
    this.#orders = deps.channels.map(() => 0);
    this.#heardAt = deps.clock.now();
    deps.channels.forEach((channel) => {
      channel.bufferedAmountLowThreshold = PATH_HIGH_WATER_BYTES / 2;
      channel.onbufferedamountlow = () => this.#pump();
      channel.onmessage = ({ data }) => this.#receive(data);
    });
    this.#pingNow();
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.deps.channels.reduce((sum, channel) => sum + channel.bufferedAmount, 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOver) return;
    if (bytes.length > MAX_ACTIVATION_BYTES) {
      this.#break(`A frame of ${bytes.length} bytes is more than a link takes in one.`);
      return;
    }
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#break('The peer takes activations so slowly that they no longer fit in memory.');
      return;
    }

    const sliceBytes = this.quality.isGuarded ? GUARDED_SLICE_BYTES : CLEAN_SLICE_BYTES;
    this.#waiting.push({
      number: this.#frames++,
      // The caller may use its buffer again at once
      bytes: bytes.slice(),
      sliceBytes,
      count: sliceCount(bytes.length, sliceBytes),
      unsent: 0,
    });
    this.#waitingBytes += bytes.length;
    this.#pump();
  }

  close(): void {
    this.#isOver = true;
    this.#cancelTail?.();
    this.#cancelAsking?.();
    this.#cancelPing?.();
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#underWay.clear();
  }

  #pump(): void {
    for (;;) {
      const frame = this.#waiting[0];
      if (!frame) break;
      if (frame.unsent === 0 && !this.#mayBegin(frame)) break;
      if (!this.#hasRoom()) break;
      this.#sendSlice(frame, frame.unsent++);
      if (frame.unsent < frame.count) continue;
      this.#waiting.shift();
      this.#waitingBytes -= frame.bytes.length;
    }
    if (this.#underWay.size > 0) this.#cancelTail ??= this.#startTail();
  }

  #mayBegin(frame: Outgoing): boolean {
    const isFull =
      this.#underWay.size >= MAX_FRAMES_UNDER_WAY - 1 ||
      (this.#underWay.size > 0 && this.#underWayBytes + frame.bytes.length > MAX_BYTES_UNDER_WAY / 2);
    if (isFull) return false;
    if (this.#underWay.size === 0) this.#heardAt = this.deps.clock.now();
    this.#underWay.set(frame.number, frame);
    this.#underWayBytes += frame.bytes.length;
    return true;
  }

  #hasRoom(): boolean {
    const path = this.quality.isGuarded ? this.#emptiest()[0]! : 0;
    return this.deps.channels[path]!.bufferedAmount < PATH_HIGH_WATER_BYTES;
  }

  #sendSlice(frame: Outgoing, index: number, isRepeat = false): void {
    const { isGuarded } = this.quality;
    const isLast = index >= frame.count - 2;
    // Twice over paths whose windows losses have narrowed would slow a long frame more than asking for what is lost
    const isTwice = isRepeat || (isGuarded && (frame.count <= SHORT_FRAME_SLICES || isLast));
    const paths = isGuarded || isRepeat ? this.#emptiest().slice(0, isTwice ? 2 : 1) : [0];
    for (const path of paths) this.#sendOn(path, frame, index);
  }

  /** Paths by what they hold back, so that one whose SCTP waits for a loss is left alone; equals take turns. */
  #emptiest(): number[] {
    const { channels } = this.deps;
    this.#turn = (this.#turn + 1) % channels.length;
    return channels
      .map((_, i) => (i + this.#turn) % channels.length)
      .sort((a, b) => channels[a]!.bufferedAmount - channels[b]!.bufferedAmount);
  }

  #sendOn(path: number, { number, bytes, sliceBytes }: Outgoing, index: number): void {
    const { channels, epoch } = this.deps;
    const order = this.#orders[path]!;
    const sentAt = this.#stamp();
    const slice = encodeSlice(
      { path, epoch, order, frame: number, frameBytes: bytes.length, sliceBytes, index, sentAt },
      bytes,
    );
    if (trySend(channels[path]!, slice)) this.#orders[path] = order + 1;
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    const message = decode(data);
    // A stray of an earlier link is no fault of the peer's
    if (message && message.epoch !== this.deps.epoch) return;
    if (!message || message.path >= this.deps.channels.length) {
      this.#break('The peer sent something that is no activation.');
      return;
    }
    this.#heardAt = this.deps.clock.now();
    if (message.kind === 'slice') this.#takeSlice(message);
    else if (message.kind === 'ack') this.#takeAck(message);
    else this.#acknowledge(message, true);
  }

  #takeSlice(slice: Slice): void {
    const frames = this.#inbox.take(slice);
    if (typeof frames === 'string') {
      this.#break(frames);
      return;
    }

    if (frames.length > 0 || ++this.#sinceAck >= SLICES_PER_ACK) this.#acknowledge(slice, false);
    if (!this.#cancelAsking && this.#inbox.hasMissing()) this.#askAfter(OVERTAKING_MS, slice.path);
    for (const frame of frames) this.deps.onFrame(frame);
  }

  /** Until nothing is missing. */
  #askAfter(ms: number, path: number): void {
    this.#cancelAsking = this.deps.clock.after(ms, () => {
      this.#cancelAsking = undefined;
      if (!this.#inbox.hasMissing()) return;
      this.#acknowledge({ path, sentAt: UNTIMED }, true);
      this.#askAfter(ms, path);
    });
  }

  #acknowledge({ path: heardOn, sentAt }: { path: number; sentAt: number }, isAsking: boolean): void {
    this.#sinceAck = 0;
    const { channels, epoch, clock } = this.deps;
    const missing = isAsking ? this.#inbox.toAsk(clock.now(), this.quality.patienceMs()) : [];
    if (isAsking && sentAt === UNTIMED && missing.length === 0) return;
    const copies = this.quality.isGuarded || missing.length > 0 ? Math.min(2, channels.length) : 1;
    for (let copy = 0; copy < copies; copy++) {
      const path = (heardOn + copy) % channels.length;
      const { next, expected, arrived } = this.#inbox;
      trySend(channels[path]!, encodeAck({ path, epoch, next, expected, arrived, echo: sentAt, missing }));
    }
  }

  #takeAck({ next, missing, echo, expected, arrived }: Ack): void {
    // Of two copies of an ack the later one may have waited for ever
    if (echo !== UNTIMED && (echo - this.#echoed) << 0 > 0) {
      this.#echoed = echo;
      this.quality.sampleRtt(((this.#stamp() - echo) >>> 0) * STAMP_MS);
    }
    this.quality.sampleLoss(expected, arrived);
    for (const [number, frame] of this.#underWay) {
      if (number >= next) break;
      this.#underWay.delete(number);
      this.#underWayBytes -= frame.bytes.length;
      this.#probes = 0;
    }
    for (const { frame: number, index } of missing) {
      const frame = this.#underWay.get(number);
      if (frame && index < frame.unsent) this.#sendSlice(frame, index, true);
    }
    this.#cancelTail?.();
    this.#cancelTail = undefined;
    this.#pump();
  }

  /** Nothing follows the last slices, so nothing shows the receiver that they are missing: the sender has to look. */
  #startTail(): () => void {
    return this.deps.clock.after(this.quality.patienceMs() * 2 ** Math.min(this.#probes, 5), () => {
      this.#cancelTail = undefined;
      if (this.deps.clock.now() - this.#heardAt > SILENCE_MS) {
        this.#break('Nothing comes back from the peer.');
        return;
      }
      // What SCTP still holds is late, not lost
      if (this.deps.channels.some(({ bufferedAmount }) => bufferedAmount === 0)) this.#probe();
      this.#pump();
    });
  }

  #probe(): void {
    this.#probes++;
    const frame = [...this.#underWay.values()].findLast(({ unsent, count }) => unsent === count);
    if (!frame) return;
    // A short frame is repeated whole; of a long one its end is enough for the receiver to ask for the rest
    const from = frame.count <= SHORT_FRAME_SLICES ? 0 : frame.count - 1;
    for (let index = from; index < frame.count; index++) this.#sendSlice(frame, index, true);
    this.#ping();
  }

  /** So that the round trip is known while nothing is sent. */
  #pingNow(): void {
    this.#ping();
    this.#cancelPing = this.deps.clock.after(PING_MS, () => this.#pingNow());
  }

  #ping(): void {
    const { channels, epoch } = this.deps;
    channels.forEach((channel, path) => {
      trySend(channel, encodePing({ path, epoch, sentAt: this.#stamp() }));
    });
  }

  #stamp(): number {
    return Math.round(this.deps.clock.now() / STAMP_MS) >>> 0 || 1;
  }

  #break(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.deps.onBroken(reason);
  }
}

const STAMP_MS = 0.01;
/** In place of a stamp: the answer was held back, so its time says nothing. */
const UNTIMED = 0;
const PING_MS = 1_000;
const SHORT_FRAME_SLICES = 8;
