import { asideOf, UNDER_MASK } from '../../kernels/sample/sample.ts';
import { TILE_ROWS } from '../../kernels/attention/attention.ts';
import type { StageRow } from '../protocol/stage.ts';
import type { Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import { rowsOf, type StepPlan } from './schedule.ts';

const SAMPLED = 0xffffffff;
const NONE = 0xffffffff;
/** Where every adapter can bind. */
const ALIGNMENT = 256;

type Sizes = Pick<Plan, 'slots' | 'maxRows'>;

/** How much of everything a step has: what its dispatches are sized by. */
export interface StepLoad {
  rows: number;
  outputs: number;
  /** Tokens that are chosen: one for each output, and behind them what each of those under a mask would be without. */
  samples: number;
  /** Whether some of the outputs are of sequences that ask for their likeliest tokens. */
  isListed: boolean;
  /** The first rows: of decoding sequences. The rest are prompts, in tiles. */
  decodes: number;
  /** Whether some of those belong to one sequence: they read what others of the same step write to the cache. */
  hasGuesses: boolean;
  tiles: number;
  /** The longest context of a decoding row: positions that it attends to. */
  depth: number;
}

/**
 * What the kernels read of a step, in one buffer written at once:
 *
 *   rowCount (uniform) | outputCount (uniform) | outputs | tiles | rows
 */
export class StepBuffer {
  readonly buffer: GPUBuffer;
  readonly #gpu: Gpu;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #at: { outputs: number; tiles: number; rows: number };
  /** A text's rows all belong to its output: they are all here. */
  readonly #isWhole: boolean;

  constructor(gpu: Gpu, { slots, maxRows, isWhole }: Plan, tileCount = mostTiles(maxRows, slots)) {
    this.#gpu = gpu;
    this.#isWhole = isWhole;
    const { size, ...at } = StepBuffer.places({ slots, maxRows }, tileCount);
    this.#at = at;
    this.#words = new Uint32Array(size / 4);
    this.buffer = gpu.buffer(
      'step',
      size,
      GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
  }

  /** Where everything begins, and where it ends, in bytes. */
  static places({ slots, maxRows }: Sizes, tileCount = mostTiles(maxRows, slots)) {
    const outputs = 2 * ALIGNMENT;
    const tiles = align(outputs + mostSamples(slots) * 16);
    const rows = align(tiles + tileCount * 16);
    return { outputs, tiles, rows, size: align(rows + maxRows * 16) };
  }

  get rowCount() {
    return { buffer: this.buffer, offset: 0, size: 16 };
  }
  get outputCount() {
    return { buffer: this.buffer, offset: ALIGNMENT, size: 16 };
  }
  get outputs() {
    return { buffer: this.buffer, offset: this.#at.outputs, size: this.#at.tiles - this.#at.outputs };
  }
  get tiles() {
    return { buffer: this.buffer, offset: this.#at.tiles, size: this.#at.rows - this.#at.tiles };
  }
  get rows() {
    return { buffer: this.buffer, offset: this.#at.rows };
  }

  /** Writes a plan; it holds for the steps submitted from now on. */
  write({ decodes, prefills }: StepPlan): StepLoad {
    const words = this.#words;
    const masked: number[] = [];
    const hasGuesses = decodes.some(({ rows }) => rows > 1);
    const load = {
      rows: 0,
      outputs: 0,
      samples: 0,
      isListed: false,
      decodes: rowsOf(decodes),
      hasGuesses,
      tiles: 0,
      depth: 0,
    };

    for (const { sequence, firstPosition, rows, isOutput, guesses, isMasked } of [...decodes, ...prefills]) {
      for (let row = 0; row < rows; row++) {
        const position = firstPosition + row;
        const isLast = row === rows - 1;
        const output = isOutput && (isLast || guesses || this.#isWhole) ? load.outputs : NONE;
        words.set(
          [guesses?.[row] ?? sequence.tokens[position] ?? SAMPLED, position, sequence.slot!, output],
          this.#at.rows / 4 + (load.rows + row) * 4,
        );
        if (!isOutput || !(isLast || guesses)) continue;
        if (sequence.likeliest) load.isListed = true;
        if (isMasked) masked.push(load.outputs);
        const place = [sequence.slot!, position, load.rows + row, isMasked ? UNDER_MASK : 0];
        words.set(place, this.#outputAt(load.outputs++));
      }
      load.rows += rows;
    }
    load.samples = load.outputs;
    for (const output of masked) {
      words.copyWithin(this.#outputAt(load.samples), this.#outputAt(output), this.#outputAt(output + 1));
      words[this.#outputAt(++load.samples) - 1] = asideOf(output);
    }

    let firstRow = load.decodes;
    for (const { sequence, firstPosition, rows } of prefills) {
      for (let row = 0; row < rows; row += TILE_ROWS) {
        const tile = [firstRow + row, Math.min(TILE_ROWS, rows - row), sequence.slot!, firstPosition + row];
        words.set(tile, this.#at.tiles / 4 + load.tiles++ * 4);
      }
      firstRow += rows;
    }
    for (const { firstPosition, rows } of decodes) load.depth = Math.max(load.depth, firstPosition + rows);
    this.#send(load);
    return load;
  }

  /** As `write`, of rows in any order whose tokens are all known: they may need a tile each. */
  writeRows(rows: readonly StageRow[]): StepLoad {
    const words = this.#words;
    const load = {
      rows: rows.length,
      outputs: 0,
      samples: 0,
      isListed: false,
      decodes: 0,
      hasGuesses: false,
      tiles: 0,
      depth: 0,
    };
    for (const [row, { token, position, slot, isOutput }] of rows.entries()) {
      const output = isOutput ? load.outputs : NONE;
      words.set([token, position, slot, output], this.#at.rows / 4 + row * 4);
      if (isOutput) words.set([slot, position, row, 0], this.#outputAt(load.outputs++));
    }
    load.samples = load.outputs;
    // A decoding row does not see what others of its sequence write in the same step
    const counts = new Map<number, number>();
    for (const { slot } of rows) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    while (load.decodes < rows.length && counts.get(rows[load.decodes]!.slot) === 1)
      load.depth = Math.max(load.depth, rows[load.decodes++]!.position + 1);
    for (let first = load.decodes; first < rows.length; ) {
      const { slot, position } = rows[first]!;
      let count = 1;
      while (count < TILE_ROWS && isNext(rows[first + count], slot, position + count)) count++;
      words.set([first, count, slot, position], this.#at.tiles / 4 + load.tiles++ * 4);
      first += count;
    }
    this.#send(load);
    return load;
  }

  #outputAt(output: number): number {
    return this.#at.outputs / 4 + output * 4;
  }

  #send(load: StepLoad): void {
    const words = this.#words;
    words[0] = load.rows;
    words[ALIGNMENT / 4] = load.outputs;
    this.#gpu.device.queue.writeBuffer(this.buffer, 0, words, 0, this.#at.rows / 4 + load.rows * 4);
  }
}

function isNext(row: StageRow | undefined, slot: number, position: number): boolean {
  return row?.slot === slot && row.position === position;
}

/** Of a step: every output may be under a mask. */
export function mostSamples(slots: number): number {
  return 2 * slots;
}

/** Every sequence may leave one tile not full. */
function mostTiles(maxRows: number, slots: number): number {
  return Math.ceil(maxRows / TILE_ROWS) + slots;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
