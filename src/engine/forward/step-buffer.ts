import { ALIGNMENT, mostTiles, stepPlaces } from '../plan/step-bytes.ts';
import type { StepLoad } from '../gpu/dispatch.ts';
import { asideOf, UNDER_MASK } from '../../../kernels/sample/sample.ts';
import { TILE_ROWS } from '../../../kernels/attention/attention.ts';
import type { StageRow } from '../../protocol/stage.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Plan } from '../plan/plan.ts';
import { rowsOf, type StepPlan } from '../schedule/schedule.ts';

const SAMPLED = 0xffffffff;
const NONE = 0xffffffff;

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
    const { size, ...at } = stepPlaces({ slots, maxRows }, tileCount);
    this.#at = at;
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
