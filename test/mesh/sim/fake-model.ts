/**
 * A model of integers, in which every token depends on every token before it and on where it stands. Layers read what
 * they have written of earlier positions through the page table, as attention does, so that a lost, doubled or swapped
 * row, page or epoch comes out as another token.
 */
import { GREEDY, type SamplingOptions } from '../../../src/protocol/generate.ts';
import type { Clock } from '../../../src/mesh/clock.ts';
import type { ModelMap, Stage, StageInput, StageOrder, StageOutput } from '../../../src/protocol/stage.ts';

/** Hidden states are four f16 that hold a byte each: never infinite, never NaN. */
export const DIM = 4;

export interface FakeModel {
  id: string;
  layers: number;
  vocab: number;
  endId: number;
}

function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function embed(token: number): number {
  return mix(token, 0x1234);
}

function sample(hidden: number, position: number, { vocab }: FakeModel, sampling: SamplingOptions): number {
  const noise = sampling.temperature > 0 ? mix(sampling.seed, position) : 0;
  return mix(hidden, noise) % vocab;
}

/** The whole answer, computed alone, without stages, pages or steps: what every other way must give. */
export function soloAnswer(
  model: FakeModel,
  prompt: readonly number[],
  maxTokens: number,
  sampling: SamplingOptions = GREEDY,
): { ids: number[]; isEnded: boolean } {
  const written: number[][] = Array.from({ length: model.layers }, () => []);
  const tokens = [...prompt];
  const ids: number[] = [];
  for (let position = 0; ; position++) {
    let hidden = embed(tokens[position]!);
    for (let layer = 0; layer < model.layers; layer++) {
      written[layer]!.push(mix(hidden, layer));
      hidden = written[layer]!.reduce((sum, key) => mix(sum, key), hidden);
    }
    if (position < tokens.length - 1) continue;
    const id = sample(hidden, position, model, sampling);
    if (id === model.endId) return { ids, isEnded: true };
    ids.push(id);
    tokens.push(id);
    if (ids.length === maxTokens) return { ids, isEnded: false };
  }
}

export interface FakeStageOptions {
  model: FakeModel;
  order: StageOrder;
  clock: Clock;
  /** For a step. */
  msPerLayer: number;
  msPerLayerRow: number;
  /** Whether what it gives is what it should be; by row. */
  isWrong?: () => boolean;
}

export class FakeStage implements Stage {
  readonly #options: FakeStageOptions;
  /** layer → page → position in page */
  readonly #written: number[][][];
  /** slot → index → page */
  readonly #pages: number[][];
  readonly #sampling: SamplingOptions[] = [];
  #busyUntil = 0;
  rows = 0;
  busyMs = 0;

  constructor(options: FakeStageOptions) {
    this.#options = options;
    const { span, sizes } = options.order;
    this.#pages = Array.from({ length: sizes.slots }, () => []);
    this.#written = Array.from({ length: span.end - span.first }, () =>
      Array.from({ length: sizes.pageCounts[0]! }, () => []),
    );
  }

  run(input: StageInput): Promise<StageOutput> {
    const { clock, order, msPerLayer, msPerLayerRow } = this.#options;
    // Computed in the order of the calls, and given when the time has passed
    const output = this.#compute(input);
    const busyMs = (order.span.end - order.span.first) * (msPerLayer + input.rows.length * msPerLayerRow);
    this.rows += input.rows.length;
    this.busyMs += busyMs;
    this.#busyUntil = Math.max(clock.now(), this.#busyUntil) + busyMs;
    return new Promise((resolve) =>
      clock.after(this.#busyUntil - clock.now(), () => resolve({ ...output, busyMs })),
    );
  }

  forget(): void {
    for (const pages of this.#written.flat()) pages.length = 0;
  }

  destroy(): void {}

  #compute({ pages, samplers, rows, hidden }: StageInput): StageOutput {
    const { model, order } = this.#options;
    const { span, sizes } = order;
    for (const { slot, index, page } of pages) this.#pages[slot]![index] = page;
    for (const { slot, sampling } of samplers) this.#sampling[slot] = sampling;

    const out = new Uint8Array(rows.length * DIM * 2);
    const ids: number[] = [];
    for (const [i, { token, position, slot, isOutput }] of rows.entries()) {
      let value = span.embeds ? embed(token) : unpack(hidden!, i);
      for (let layer = span.first; layer < span.end; layer++) {
        const written = this.#written[layer - span.first]!;
        const at = (position: number) => written[this.#pages[slot]![Math.floor(position / sizes.pageSize)]!];
        const here = at(position);
        if (here) here[position % sizes.pageSize] = mix(value, layer);
        for (let before = 0; before <= position; before++)
          value = mix(value, at(before)?.[before % sizes.pageSize] ?? 0xdead);
      }
      if (this.#options.isWrong?.()) value = mix(value, 0xbad);
      pack(out, i, value);
      if (span.samples && isOutput) ids.push(sample(value, position, model, this.#sampling[slot] ?? GREEDY));
    }
    return span.samples
      ? { kind: 'ids', ids: Uint32Array.from(ids), busyMs: 0 }
      : { kind: 'hidden', hidden: out, busyMs: 0 };
  }
}

function pack(bytes: Uint8Array, row: number, value: number): void {
  for (let i = 0; i < DIM; i++) bytes[(row * DIM + i) * 2] = (value >>> (8 * i)) & 0xff;
}

function unpack(bytes: Uint8Array, row: number): number {
  let value = 0;
  for (let i = 0; i < DIM; i++) value |= bytes[(row * DIM + i) * 2]! << (8 * i);
  return value >>> 0;
}

/** What the planner is told of the model: its layers weigh a megabyte each. */
export function fakeMap({ id, layers, vocab }: FakeModel): ModelMap {
  const piece = (i: number) => [{ offset: i * 1e6, bytes: 1e6, sha256: '' }];
  return {
    model: id,
    origin: { manifestBytes: 1, url: '' },
    name: 'a model of integers',
    dim: DIM,
    vocab,
    hidden: 'f16',
    header: [],
    common: [],
    embedding: piece(0),
    layers: Array.from({ length: layers }, (_, layer) => piece(layer + 1)),
    head: piece(layers + 1),
    cacheBytesPerPosition: 1_000,
    scratchBytes: 64 * 2 ** 20,
  };
}
