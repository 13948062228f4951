import { type Channel, trySend } from './channel.ts';
import { CHUNK_BYTES } from './limits.ts';

/**
 * Frames in chunks over an ordered, reliable channel:
 *
 *   0        1             5
 *   ┌────────┬─────────────┬─────────
 *   │version │ frame bytes │ chunk       the first chunk of a frame says how long all of it is
 *   │ u8     │ u32         │
 *   └────────┴─────────────┴─────────
 *   ┌────────┬─────────
 *   │ 0      │ chunk                     each further one
 *   └────────┴─────────
 */
const VERSION = 1;
const MORE = 0;
const FIRST_HEADER_BYTES = 5;

export interface OrderedLaneDeps {
  channel: Channel;
  maxFrameBytes: number;
  maxWaitingBytes: number;
  /** Bytes that SCTP may hold, asked for at each chunk. */
  highWaterBytes(): number;
  onFrame(frame: Uint8Array<ArrayBuffer>): void;
  onBroken(reason: string): void;
}

/** Sends a frame as fast as the channel takes it and holds the rest here, where it can be counted. */
export class OrderedLane {
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #sent = 0;
  #incoming: { bytes: Uint8Array<ArrayBuffer>; length: number } | undefined;
  #isOver = false;

  constructor(private readonly deps: OrderedLaneDeps) {
    const { channel } = deps;
    channel.onbufferedamountlow = () => this.#pump();
    channel.onmessage = ({ data }) => this.#receive(data);
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.deps.channel.bufferedAmount;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOver) return;
    const { maxFrameBytes, maxWaitingBytes } = this.deps;
    if (bytes.length > maxFrameBytes) {
      this.#break(`A frame of ${bytes.length} bytes is more than this lane takes in one.`);
      return;
    }
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) {
      this.#break('The peer reads so slowly that what waits for it no longer fits in memory.');
      return;
    }
    // The caller may use its buffer again at once
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.length;
    this.#pump();
  }

  close(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#incoming = undefined;
  }

  #pump(): void {
    const { channel, highWaterBytes } = this.deps;
    for (let frame = this.#waiting[0]; frame && !this.#isOver; frame = this.#waiting[0]) {
      const highWater = highWaterBytes();
      channel.bufferedAmountLowThreshold = highWater / 2;
      if (channel.bufferedAmount >= highWater) return;

      const chunk = frame.subarray(this.#sent, this.#sent + CHUNK_BYTES);
      if (!trySend(channel, this.#sent === 0 ? first(frame, chunk) : more(chunk))) {
        this.#break('The connection no longer takes anything.');
        return;
      }
      this.#sent += chunk.length;
      if (this.#sent < frame.length) continue;
      this.#waiting.shift();
      this.#waitingBytes -= frame.length;
      this.#sent = 0;
    }
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    const problem = this.#take(data);
    if (problem) {
      this.#break(problem);
      return;
    }
    if (!this.#incoming || this.#incoming.length < this.#incoming.bytes.length) return;
    const { bytes } = this.#incoming;
    this.#incoming = undefined;
    this.deps.onFrame(bytes);
  }

  /** A sentence if the peer breaks the rules. */
  #take(data: unknown): string | undefined {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return 'The peer sent an empty message.';
    const isFirst = new Uint8Array(data)[0] === VERSION;
    if (!isFirst && new Uint8Array(data)[0] !== MORE) return 'The peer speaks another version of this lane.';
    if (isFirst !== (this.#incoming === undefined)) return 'The peer began a frame in the middle of another.';
    if (isFirst) {
      if (data.byteLength < FIRST_HEADER_BYTES) return 'The peer sent a frame that is cut off.';
      const bytes = new DataView(data).getUint32(1);
      if (bytes > this.deps.maxFrameBytes)
        return `The peer announced a frame of ${bytes} bytes, more than this lane takes.`;
      this.#incoming = { bytes: new Uint8Array(bytes), length: 0 };
    }
    const incoming = this.#incoming!;
    const chunk = new Uint8Array(data, isFirst ? FIRST_HEADER_BYTES : 1);
    if (incoming.length + chunk.length > incoming.bytes.length)
      return 'The peer sent more than the frame it announced.';
    // A frame that never ends would hold the lane for nothing
    if (chunk.length === 0 && incoming.bytes.length > 0) return 'The peer sent a chunk with nothing in it.';
    incoming.bytes.set(chunk, incoming.length);
    incoming.length += chunk.length;
    return undefined;
  }

  #break(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.deps.onBroken(reason);
  }
}

function first(frame: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(FIRST_HEADER_BYTES + chunk.length);
  message[0] = VERSION;
  new DataView(message.buffer).setUint32(1, frame.length);
  message.set(chunk, FIRST_HEADER_BYTES);
  return message;
}

function more(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(1 + chunk.length);
  message[0] = MORE;
  message.set(chunk, 1);
  return message;
}
