import type { ModelOrigin, StageOrder, StageSpan } from '../../protocol/stage.ts';
import { isPeerId, type PeerId } from '../../protocol/peer-id.ts';
import { MAX_GRANT_CHARS } from '../identity/grant.ts';
import { MAX_TASK_BYTES, type SealedTask } from '../identity/task-seal.ts';
import * as limits from '../limits.ts';
import {
  bytes,
  type Codec,
  checked,
  decode,
  encode,
  flag,
  hex,
  list,
  measure,
  oneOf,
  record,
  text,
  u8,
  u16,
  u32,
  u53,
  word,
  wrong,
} from './codec.ts';

/** Goes up whenever a message could no longer be read by who knew the last one. */
export const CONTROL_VERSION = 3;

/** What a machine says of itself every half second. */
export interface Beat {
  /** Higher each time that the machine starts: of two, the higher is the living one. */
  incarnation: number;
  /** Counts beats of this incarnation. */
  beat: number;
  name: string;
  gpu: string;
  /** Whether it computes for others. */
  isSharing: boolean;
  /** What others' stages may take of its memory now. */
  freeBytes: number;
  /** Weights that it reads in a millisecond: what its speed is guessed by before it has been measured. */
  bytesPerMs: number;
  speeds: ModelSpeed[];
  /** Steps that wait for its GPU. */
  queue: number;
  /** Share of its GPU's time that is taken, 0–1. */
  load: number;
  /** Whom it hears, and how far off each is. */
  rtts: { peer: PeerId; rttMs: number }[];
  /** Of all stages that it runs: differs when they do. */
  planHash: number;
  /** The hearer's grant, for this link: what it has to show when it asks something. Empty if it may ask nothing. */
  grant: string;
  /** For whom it computes. */
  worksFor: PeerId[];
  /** Of its own answers that others compute. */
  tokensPerSecond: number;
  /** Stages whose weights lie on its GPU. */
  standing: StandingStage[];
  /** Pieces on its disk: bit i of `held` is piece i of the model's manifest. */
  pieces: { model: string; held: Uint8Array<ArrayBuffer> }[];
}

/** Measured: a step of n rows takes each layer msPerLayer + n · msPerLayerRow. */
export interface ModelSpeed {
  model: string;
  msPerLayer: number;
  msPerLayerRow: number;
}

export interface StandingStage {
  model: string;
  span: StageSpan;
}

/** Who has done what for whom; both sign the same bytes. */
export interface Receipt {
  giver: PeerId;
  taker: PeerId;
  /** Higher than of any earlier receipt between the two in this direction. */
  number: number;
  chain: number;
  /** Rows computed times layers. */
  rowLayers: number;
  gpuMs: number;
  bytes: number;
}

export type ControlMessage =
  | ({ kind: 'beat' } & Beat)
  | { kind: 'leaving'; incarnation: number }
  /** Who coordinates asks: an `open`, `close`, `probe` or `reveal`, encoded, comes from a peer in no other way. */
  | ({ kind: 'task' } & SealedTask)
  /** Be this stage of my chain: take steps from one peer and hand them to another. Standby: only get ready. */
  | {
      kind: 'open';
      chain: number;
      epoch: number;
      order: StageOrder;
      origin: ModelOrigin;
      from: PeerId;
      to: PeerId;
      isStandby: boolean;
    }
  | { kind: 'loading'; chain: number; epoch: number; doneBytes: number; totalBytes: number }
  | { kind: 'ready'; chain: number; epoch: number }
  | { kind: 'refused'; chain: number; epoch: number; why: string }
  /** The stage is given up: for what came in, or for what it could not do itself. */
  | { kind: 'failed'; chain: number; epoch: number; isInput: boolean; why: string }
  | { kind: 'close'; chain: number }
  /** How far are you? Asked when a step is late. */
  | { kind: 'probe'; chain: number; epoch: number }
  /** Steps that have come, and steps that have been handed on. */
  | { kind: 'progress'; chain: number; epoch: number; received: number; done: number }
  /** Bytes [at, at + bytes) of what has this SHA-256: a piece of a model, or a manifest. */
  | { kind: 'want'; request: number; sha256: string; at: number; bytes: number }
  | { kind: 'missing'; request: number }
  /** What went in and came out of this row of a step? */
  | { kind: 'reveal'; chain: number; epoch: number; step: number; row: number }
  | {
      kind: 'revealed';
      chain: number;
      epoch: number;
      step: number;
      row: number;
      input: Uint8Array<ArrayBuffer>;
      output: Uint8Array<ArrayBuffer>;
    }
  /** Signed by its giver, or with its number back by its taker too. */
  | { kind: 'receipt'; receipt: Receipt; signature: Uint8Array<ArrayBuffer> }
  | { kind: 'countersigned'; number: number; signature: Uint8Array<ArrayBuffer> }
  /** What who makes links sends over a link that stands, to make another. */
  | { kind: 'signal'; bytes: Uint8Array<ArrayBuffer> };

const peerId: Codec<PeerId> = checked(text(43) as Codec<PeerId>, isPeerId, 'a peer id is not one');
const grant = text(MAX_GRANT_CHARS);
const sha256 = hex(32);
const reason = text(limits.MAX_REASON_BYTES);
const most = (codec: Codec<number>, limit: number, what: string) =>
  checked(codec, (value) => value <= limit, `${what} is more than ${limit}`);
const count = (limit: number, what: string) =>
  checked(u32, (value) => value >= 1 && value <= limit, `${what} is not between 1 and ${limit}`);

const span: Codec<StageSpan> = checked(
  record<StageSpan>({ first: u16, end: u16, embeds: flag, samples: flag }),
  ({ first, end, embeds }) => first < end && end <= limits.MAX_LAYERS && (!embeds || first === 0),
  'a stage has no layers',
);

const order: Codec<StageOrder> = checked(
  record<StageOrder>({
    model: sha256,
    span,
    sizes: record({
      slots: count(limits.MAX_SLOTS, 'the number of slots'),
      maxRows: count(limits.MAX_STEP_ROWS, 'the number of rows'),
      contextLength: count(limits.MAX_CONTEXT, 'the context'),
      pageSize: count(1_024, 'the size of a page'),
      pageCounts: checked(
        list(count(limits.MAX_CACHE_PAGES, 'the number of pages'), limits.MAX_PAGE_GROUPS),
        ({ length }) => length > 0,
        'a cache has no pages',
      ) as Codec<readonly number[]>,
    }),
    hidden: word('f16', 'f32'),
    dim: count(limits.MAX_DIM, 'the size of a hidden state'),
  }),
  ({ dim, hidden, sizes }) =>
    dim * sizes.maxRows * (hidden === 'f16' ? 2 : 4) <= limits.MAX_ACTIVATION_BYTES / 2,
  'a step of this stage would not fit a frame',
);

const origin = record<ModelOrigin>({
  manifestBytes: count(limits.MAX_MANIFEST_BYTES, 'the size of a manifest'),
  url: text(limits.MAX_URL_BYTES),
});

const beat = record<Beat>({
  incarnation: u53,
  beat: u32,
  name: text(limits.MAX_NAME_BYTES),
  gpu: text(limits.MAX_NAME_BYTES),
  isSharing: flag,
  freeBytes: u53,
  bytesPerMs: measure,
  speeds: list(
    record<ModelSpeed>({ model: sha256, msPerLayer: measure, msPerLayerRow: measure }),
    limits.MAX_MODELS_IN_BEAT,
  ),
  queue: u16,
  load: most(measure, 1, 'the load'),
  rtts: list(record({ peer: peerId, rttMs: measure }), limits.MAX_PEERS),
  planHash: u32,
  grant,
  worksFor: list(peerId, limits.MAX_PEERS),
  tokensPerSecond: measure,
  standing: list(record<StandingStage>({ model: sha256, span }), limits.MAX_MODELS_IN_BEAT),
  pieces: list(record({ model: sha256, held: bytes(limits.MAX_PIECES / 8) }), limits.MAX_MODELS_IN_BEAT),
});

export const receiptCodec = record<Receipt>({
  giver: peerId,
  taker: peerId,
  number: u53,
  chain: u32,
  rowLayers: u53,
  gpuMs: measure,
  bytes: u53,
});

const inChain = { chain: u32, epoch: u32 };
const signature = bytes(64);
const message = oneOf<ControlMessage>({
  beat,
  leaving: record({ incarnation: u53 }),
  open: record({ ...inChain, order, origin, from: peerId, to: peerId, isStandby: flag }),
  loading: record({ ...inChain, doneBytes: u53, totalBytes: u53 }),
  ready: record(inChain),
  refused: record({ ...inChain, why: reason }),
  failed: record({ ...inChain, isInput: flag, why: reason }),
  close: record({ chain: u32 }),
  probe: record(inChain),
  progress: record({ ...inChain, received: u32, done: u32 }),
  want: record({ request: u32, sha256, at: u32, bytes: count(limits.CHUNK_BYTES, 'a chunk') }),
  missing: record({ request: u32 }),
  reveal: record({ ...inChain, step: u32, row: u16 }),
  revealed: record({
    ...inChain,
    step: u32,
    row: u16,
    input: bytes(4 * limits.MAX_DIM),
    output: bytes(4 * limits.MAX_DIM),
  }),
  receipt: record({ receipt: receiptCodec, signature }),
  countersigned: record({ number: u53, signature }),
  signal: record({ bytes: bytes(limits.MAX_SIGNAL_BYTES) }),
  task: record({ number: u53, grant, signature, header: bytes(MAX_TASK_BYTES) }),
});

const versioned = record<{ version: number; message: ControlMessage }>({ version: u8, message });

export function encodeControl(message: ControlMessage): Uint8Array<ArrayBuffer> {
  return encode(versioned, { version: CONTROL_VERSION, message });
}

/** Fails with `bad-input` for whatever `encodeControl` could not have made. */
export function parseControl(frame: Uint8Array<ArrayBuffer>): ControlMessage {
  if (frame.length > limits.MAX_CONTROL_BYTES) throw wrong(`it has ${frame.length} bytes`);
  if (frame[0] !== CONTROL_VERSION)
    throw wrong(
      `it is of version ${frame[0]}, and this machine knows version ${CONTROL_VERSION}; update both`,
    );
  return decode(versioned, frame).message;
}

/**
 * A chunk of a piece, in the bulk lane:
 *
 *    0        4
 *   ┌────────┬──────────────┐
 *   │request │ bytes …      │
 *   └────────┴──────────────┘
 */
export function encodeChunk(request: number, chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(4 + chunk.length);
  new DataView(frame.buffer).setUint32(0, request, true);
  frame.set(chunk, 4);
  return frame;
}

export function parseChunk(frame: Uint8Array<ArrayBuffer>): {
  request: number;
  chunk: Uint8Array<ArrayBuffer>;
} {
  if (frame.length < 4 || frame.length > 4 + limits.CHUNK_BYTES)
    throw wrong(`a chunk has ${frame.length} bytes`);
  return {
    request: new DataView(frame.buffer, frame.byteOffset).getUint32(0, true),
    chunk: frame.subarray(4),
  };
}
