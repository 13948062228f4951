import { TILE_ROWS } from '../../kernels/attention/attention.ts';
import type { Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import { rowsOf, type StepPlan } from './schedule.ts';

const SAMPLED = 0xffffffff;
const NONE = 0xffffffff;
/** Where every adapter can bind. */
const ALIGNMENT = 256;

/** How much of everything a step has: what its dispatches are sized by. */
export interface StepLoad {
  rows: number;
  outputs: number;
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

  constructor(gpu: Gpu, { slots, maxRows, isWhole }: Plan) {
    this.#gpu = gpu;
    this.#isWhole = isWhole;
    const outputs = 2 * ALIGNMENT;
    const tiles = align(outputs + slots * 16);
    const rows = align(tiles + maxTiles(maxRows, slots) * 16);
    const size = align(rows + maxRows * 16);
    this.#at = { outputs, tiles, rows };
    this.#words = new Uint32Array(size / 4);
    this.buffer = gpu.buffer(
      'step',
      size,
      GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
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
    const hasGuesses = decodes.some(({ rows }) => rows > 1);
    const load = { rows: 0, outputs: 0, decodes: rowsOf(decodes), hasGuesses, tiles: 0, depth: 0 };

    for (const { sequence, firstPosition, rows, isOutput, guesses } of [...decodes, ...prefills]) {
      for (let row = 0; row < rows; row++) {
        const position = firstPosition + row;
        const isLast = row === rows - 1;
        const output = isOutput && (isLast || guesses || this.#isWhole) ? load.outputs : NONE;
        words.set(
          [guesses?.[row] ?? sequence.tokens[position] ?? SAMPLED, position, sequence.slot!, output],
          this.#at.rows / 4 + (load.rows + row) * 4,
        );
        if (!isOutput || !(isLast || guesses)) continue;
        const place = [sequence.slot!, position, load.rows + row, 0];
        words.set(place, this.#at.outputs / 4 + load.outputs++ * 4);
      }
      load.rows += rows;
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

    words[0] = load.rows;
    words[ALIGNMENT / 4] = load.outputs;
    this.#gpu.device.queue.writeBuffer(this.buffer, 0, words, 0, this.#at.rows / 4 + load.rows * 4);
    return load;
  }
}

/** Every sequence may leave one tile not full. */
function maxTiles(maxRows: number, slots: number): number {
  return Math.ceil(maxRows / TILE_ROWS) + slots;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
