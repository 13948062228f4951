import { MAX_ACTIVATION_BYTES } from '../limits.ts';

/**
 * Activations travel in slices that fit a few network packets, on channels that neither order nor repeat. All numbers
 * are big-endian. `order` counts what was sent on this path, so that a hole is a loss. A link's `epoch` is its own:
 * what strays in from another one is dropped.
 *
 *   slice  0        1       2       3     4        8        12       16       20       22       24        28
 *          ┌────────┬───────┬───────┬─────┬────────┬────────┬────────┬────────┬────────┬────────┬─────────┬─────────
 *          │version │ 1     │ path  │ 0   │ epoch  │ order  │ frame  │ bytes  │ slice  │ index  │ sent at │ payload
 *          │ u8     │ u8    │ u8    │     │ u32    │ u32    │ u32    │ u32    │ u16    │ u16    │ u32     │
 *          └────────┴───────┴───────┴─────┴────────┴────────┴────────┴────────┴────────┴────────┴─────────┴─────────
 *          `bytes` is the whole frame's, `slice` what each slice but the last holds; `sent at` in units of 10 µs
 *
 *   ack    0        1       2       3     4        8        12       16       20       24       26
 *          ┌────────┬───────┬───────┬─────┬────────┬────────┬────────┬────────┬────────┬────────┬───────────────────
 *          │version │ 2     │ path  │ 0   │ epoch  │ next   │expected│arrived │ echo   │ n      │ n × (frame, index)
 *          │ u8     │ u8    │ u8    │     │ u32    │ u32    │ u32    │ u32    │ u32    │ u16    │     u32    u16
 *          └────────┴───────┴───────┴─────┴────────┴────────┴────────┴────────┴────────┴────────┴───────────────────
 *          every frame before `next` has arrived; slices are counted over all paths; `echo` is the `sent at` of what
 *          is answered; what is listed is asked for again
 *
 *   ping   0        1       2       3     4        8        12
 *          ┌────────┬───────┬───────┬─────┬────────┬────────┐
 *          │version │ 3     │ path  │ 0   │ epoch  │sent at │     answered at once with an ack
 *          └────────┴───────┴───────┴─────┴────────┴────────┘
 */
export const WIRE_VERSION = 1;
export const SLICE_HEADER_BYTES = 28;
const ACK_HEADER_BYTES = 26;
const PING_BYTES = 12;
const MISSING_BYTES = 6;
/** So that an ack is one network packet. */
export const MAX_MISSING = 170;
/** The most slices that a frame may have: `index` is a u16. */
const MAX_SLICES = 2 ** 16;

const SLICE = 1;
const ACK = 2;
const PING = 3;

export interface SliceHeader {
  kind: 'slice';
  path: number;
  epoch: number;
  order: number;
  frame: number;
  frameBytes: number;
  sliceBytes: number;
  index: number;
  sentAt: number;
}

export interface Slice extends SliceHeader {
  /** Slices of the frame. */
  count: number;
  payload: Uint8Array<ArrayBuffer>;
}

export interface SliceName {
  frame: number;
  index: number;
}

export interface Ack {
  kind: 'ack';
  path: number;
  epoch: number;
  next: number;
  expected: number;
  arrived: number;
  echo: number;
  missing: SliceName[];
}

export interface Ping {
  kind: 'ping';
  path: number;
  epoch: number;
  sentAt: number;
}

/** A frame without a byte still is one slice. */
export function sliceCount(frameBytes: number, sliceBytes: number): number {
  return Math.max(1, Math.ceil(frameBytes / sliceBytes));
}

export function encodeSlice(header: Omit<SliceHeader, 'kind'>, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const from = header.index * header.sliceBytes;
  const payload = frame.subarray(from, Math.min(frame.length, from + header.sliceBytes));
  const bytes = new Uint8Array(SLICE_HEADER_BYTES + payload.length);
  const view = start(bytes, SLICE, header.path, header.epoch);
  view.setUint32(8, header.order);
  view.setUint32(12, header.frame);
  view.setUint32(16, header.frameBytes);
  view.setUint16(20, header.sliceBytes);
  view.setUint16(22, header.index);
  view.setUint32(24, header.sentAt);
  bytes.set(payload, SLICE_HEADER_BYTES);
  return bytes;
}

export function encodeAck(ack: Omit<Ack, 'kind'>): Uint8Array<ArrayBuffer> {
  const missing = ack.missing.slice(0, MAX_MISSING);
  const bytes = new Uint8Array(ACK_HEADER_BYTES + missing.length * MISSING_BYTES);
  const view = start(bytes, ACK, ack.path, ack.epoch);
  view.setUint32(8, ack.next);
  view.setUint32(12, ack.expected);
  view.setUint32(16, ack.arrived);
  view.setUint32(20, ack.echo);
  view.setUint16(24, missing.length);
  missing.forEach(({ frame, index }, i) => {
    view.setUint32(ACK_HEADER_BYTES + i * MISSING_BYTES, frame);
    view.setUint16(ACK_HEADER_BYTES + i * MISSING_BYTES + 4, index);
  });
  return bytes;
}

export function encodePing({ path, epoch, sentAt }: Omit<Ping, 'kind'>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PING_BYTES);
  start(bytes, PING, path, epoch).setUint32(8, sentAt);
  return bytes;
}

function start(bytes: Uint8Array<ArrayBuffer>, kind: number, path: number, epoch: number): DataView {
  const view = new DataView(bytes.buffer);
  view.setUint8(0, WIRE_VERSION);
  view.setUint8(1, kind);
  view.setUint8(2, path);
  view.setUint32(4, epoch);
  return view;
}

/** Undefined if it is nothing that this wire knows. Every number of what is returned fits the others. */
export function decode(data: unknown): Slice | Ack | Ping | undefined {
  if (!(data instanceof ArrayBuffer) || data.byteLength < PING_BYTES) return undefined;
  const view = new DataView(data);
  if (view.getUint8(0) !== WIRE_VERSION) return undefined;
  switch (view.getUint8(1)) {
    case SLICE:
      return decodeSlice(view, data);
    case ACK:
      return decodeAck(view);
    case PING:
      return decodePing(view);
    default:
      return undefined;
  }
}

function decodeSlice(view: DataView, data: ArrayBuffer): Slice | undefined {
  if (data.byteLength < SLICE_HEADER_BYTES) return undefined;
  const frameBytes = view.getUint32(16);
  const sliceBytes = view.getUint16(20);
  const index = view.getUint16(22);
  if (frameBytes > MAX_ACTIVATION_BYTES || sliceBytes === 0) return undefined;

  const count = sliceCount(frameBytes, sliceBytes);
  const payload = new Uint8Array(data, SLICE_HEADER_BYTES);
  const length = Math.min(sliceBytes, frameBytes - index * sliceBytes);
  if (count > MAX_SLICES || index >= count || payload.length !== length) return undefined;
  return {
    kind: 'slice',
    path: view.getUint8(2),
    epoch: view.getUint32(4),
    order: view.getUint32(8),
    frame: view.getUint32(12),
    frameBytes,
    sliceBytes,
    index,
    sentAt: view.getUint32(24),
    count,
    payload,
  };
}

function decodeAck(view: DataView): Ack | undefined {
  if (view.byteLength < ACK_HEADER_BYTES) return undefined;
  const n = view.getUint16(24);
  if (n > MAX_MISSING || view.byteLength !== ACK_HEADER_BYTES + n * MISSING_BYTES) return undefined;
  const missing = Array.from({ length: n }, (_, i) => ({
    frame: view.getUint32(ACK_HEADER_BYTES + i * MISSING_BYTES),
    index: view.getUint16(ACK_HEADER_BYTES + i * MISSING_BYTES + 4),
  }));
  return {
    kind: 'ack',
    path: view.getUint8(2),
    epoch: view.getUint32(4),
    next: view.getUint32(8),
    expected: view.getUint32(12),
    arrived: view.getUint32(16),
    echo: view.getUint32(20),
    missing,
  };
}

function decodePing(view: DataView): Ping | undefined {
  if (view.byteLength !== PING_BYTES) return undefined;
  return { kind: 'ping', path: view.getUint8(2), epoch: view.getUint32(4), sentAt: view.getUint32(8) };
}
