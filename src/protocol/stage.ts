/**
 * A model as a row of stages. Engine and mesh both know this file and not each other: the engine makes stages and asks
 * a chain for steps; the mesh opens stages for peers and makes chains of them.
 *
 *   tokens ──▶ stage [0, a) ── hidden ──▶ stage [a, b) ── hidden ──▶ stage [b, L) ──▶ ids
 *              embeds                                                samples
 */
import type { Lane, SamplingOptions } from './generate.ts';

/** Layers [first, end) of a model, with the embedding before them or the norm, head and sampler after them. */
export interface StageSpan {
  first: number;
  end: number;
  embeds: boolean;
  samples: boolean;
}

/**
 * How hidden states travel. f16 halves the bytes and is exact enough for every model whose activations fit it
 * (at most 65,504); others need f32.
 */
export type HiddenType = 'f16' | 'f32';

/** What every stage of a chain plans its memory by. The cache is paged as the engine's own is. */
export interface StageSizes {
  /** Sequences that run at once. */
  slots: number;
  /** Rows of one step at most. */
  maxRows: number;
  contextLength: number;
  /** Positions of a page. */
  pageSize: number;
  /** Pages of the cache, for each group of layers that share page tables. */
  pageCounts: readonly number[];
}

/** Everything that says what a stage is. */
export interface StageOrder {
  /** What rooms call the model: SHA-256 of its manifest (`mesh/load/manifest.ts`), in hex. */
  model: string;
  span: StageSpan;
  sizes: StageSizes;
  hidden: HiddenType;
  /** Values of a hidden state. */
  dim: number;
}

/** One position of one sequence. */
export interface StageRow {
  token: number;
  position: number;
  slot: number;
  /** Whether the token after it is wanted: the last stage gives an id for each such row, in their order. */
  isOutput: boolean;
}

/** From now on, positions [index · pageSize, (index + 1) · pageSize) of a slot lie in this page of a group's cache. */
export interface PageChange {
  group: number;
  slot: number;
  index: number;
  page: number;
}

/** A sequence takes a slot. Heeded by the stage that samples. */
export interface SamplerChange {
  slot: number;
  sampling: SamplingOptions;
  promptLength: number;
  /** All that is known of its text, prompt first: penalties count it. */
  tokens: readonly number[];
}

/** One step of a chain. Changes come before its rows; rows of a sequence come in the order of their positions. */
export interface StageStep {
  /** The most urgent of its rows' lanes. */
  lane: Lane;
  pages: readonly PageChange[];
  samplers: readonly SamplerChange[];
  rows: readonly StageRow[];
}

/** A stage's step: with (rows, dim) hidden states in the chain's type, little-endian, unless the stage embeds. */
export interface StageInput extends StageStep {
  hidden: Uint8Array<ArrayBuffer> | undefined;
}

/** (rows, dim) hidden states, or where the stage samples, an id for each output. */
export type StageOutput = { busyMs: number } & (
  | { kind: 'hidden'; hidden: Uint8Array<ArrayBuffer> }
  | { kind: 'ids'; ids: Uint32Array<ArrayBuffer> }
);

/** What computes a stage. Writing a position again takes the place of what was there. */
export interface Stage {
  /** Steps run in the order of the calls, and the next may be asked for before the last is done. */
  run(input: StageInput): Promise<StageOutput>;
  /** Nothing of what sequences left can be read any more: somebody else will use it. */
  forget(): void;
  destroy(): void;
}

export interface ChainResult {
  /** The token after each output row. */
  ids: Uint32Array<ArrayBuffer>;
  /** The slowest stage's time for this step, in milliseconds: what the chain's pace is. */
  busyMs: number;
}

/** All stages of a model, wherever they are. */
export interface StageChain {
  /**
   * Steps that may be under way at once. A sequence's next token is known only when its last one has come back, so
   * this many steps, of different sequences, keep every stage at work.
   */
  readonly depth: number;
  /** Fails with `device-lost` if another chain may take over: nothing is left of any sequence but its tokens. */
  run(step: StageStep): Promise<ChainResult>;
  close(): void;
}

/** Bytes [offset, offset + bytes) of a model's file. */
export interface Piece {
  offset: number;
  bytes: number;
  /** In hex. */
  sha256: string;
}

/** Where the bytes of a model are to be had by who has none of them: whoever asks for a stage has the manifest. */
export interface ModelOrigin {
  manifestBytes: number;
  /** Of its file, or of its first, where it is published; empty if it is not. */
  url: string;
}

/** What is where in a model's file, as whoever read its header says it, cut into pieces of a few megabytes at most. */
export interface ModelMap {
  /** As `StageOrder` has it. */
  model: string;
  origin: ModelOrigin;
  name: string;
  dim: number;
  /** Tokens that there are: an id beyond is none. */
  vocab: number;
  hidden: HiddenType;
  /** What says what lies where. */
  header: readonly Piece[];
  /** Whatever else every stage reads. */
  common: readonly Piece[];
  embedding: readonly Piece[];
  layers: readonly (readonly Piece[])[];
  /** Output norm and head; the embedding's pieces again where the model ties them. */
  head: readonly Piece[];
  /** Bytes of the cache for one position of one layer. */
  cacheBytesPerPosition: number;
  /** What a stage needs beside weights and cache, at most. */
  scratchBytes: number;
}
