/**
 * How the weights of one GGUF type lie in a file and on the GPU.
 *
 * On the GPU a tensor of N rows of K values is two streams, each N rows of a fixed number of words, so that
 * tensors of one type and one K are joined by putting their rows one after the other. A row is read in units
 * of 32 values; a row that ends inside a unit is filled up with zeros.
 */
export interface QuantFormat extends Layout {
  /** Bytes in the file of one row of `k` values. Throws a RangeError where no row of this type has `k` values. */
  rowBytes(k: number): number;
  /** Bytes per row in the GPU's two streams. `scalesBytes` is 0 for types without scales. */
  quantsBytes(k: number): number;
  scalesBytes(k: number): number;
  /** The file's bytes of `rows` whole rows in the GPU's layout: the same bits in another order. */
  pack(bytes: Uint8Array, rows: number, k: number): PackedRows;
}

export interface PackedRows {
  quants: Uint32Array<ArrayBuffer>;
  scales: Uint32Array<ArrayBuffer>;
}

/** What a type's folder says of it. */
export interface Layout {
  /** As GGUF has it. */
  readonly name: string;
  /** The file's blocks: values that share scales, and their bytes. */
  readonly blockValues: number;
  readonly blockBytes: number;
  /** A block's floating-point numbers. Its other bytes may be anything. */
  readonly floats: readonly BlockFloat[];
  /** Declares bindings 0 and 1 and `load32(row, unit) -> array<vec4<f32>, 8>`. */
  readonly wgsl: string;
  /** Declares `load32h(row, unit) -> array<vec4<f16>, 8>`; absent where f16 does not hold the type's values. */
  readonly wgslF16?: string;
  /** Declares `load32i(row, unit) -> Integers` (dp4a.wgsl) and TWO_SCALES; absent where weights are no small integers times scales. */
  readonly wgslDp4a?: string;
  /** Declares `quants_word(row, i)` and `scales_word(row, i)`: the file's bits in the words of the streams (pack.wgsl). */
  readonly wgslPack: string;
}

export interface BlockFloat {
  /** Its first byte in a block. */
  at: number;
  /** E8M0 is a byte that holds an exponent of 2 alone. */
  as: 'f16' | 'bf16' | 'f32' | 'e8m0';
  /** Its sign in a block of a trained model; either if absent. */
  sign?: 1 | -1;
  /** Its size where weights are of size 0.02, as those of a trained model are: what random weights need. */
  typical: number;
}

/** A batch of rows in the file and where they go. The views overlap; each is as long as whole elements allow. */
export interface Batch {
  /** The file's bytes, also as 16 and 32 bit words. */
  fileBytes: Uint8Array;
  fileHalves: Uint16Array;
  fileWords: Uint32Array;
  quants: Uint32Array;
  scales: Uint32Array;
  /** `scales` again. */
  scaleHalves: Uint16Array;
  rows: number;
  k: number;
  /** Units per row. */
  units: number;
}

interface Spec extends Layout {
  /** Words per row of each stream. */
  quantsWords(units: number): number;
  scalesWords(units: number): number;
  pack(batch: Batch): void;
}

/** Rows are read four values at a time. */
const STEP = 4;
export const UNIT = 32;

export function defineFormat({ quantsWords, scalesWords, pack, ...layout }: Spec): QuantFormat {
  const { name, blockValues, blockBytes } = layout;

  const unitsOf = (k: number) => {
    const multiple = Math.max(blockValues, STEP);
    if (!Number.isSafeInteger(k) || k <= 0 || k % multiple !== 0)
      throw new RangeError(`Rows of ${name} have a multiple of ${multiple} values, so not ${k}.`);
    return Math.ceil(k / UNIT);
  };
  const rowBytes = (k: number) => {
    unitsOf(k);
    return (k / blockValues) * blockBytes;
  };

  return {
    ...layout,
    rowBytes,
    quantsBytes: (k) => 4 * quantsWords(unitsOf(k)),
    scalesBytes: (k) => 4 * scalesWords(unitsOf(k)),
    pack(bytes, rows, k) {
      const units = unitsOf(k);
      const size = rows * rowBytes(k);
      if (bytes.length !== size)
        throw new RangeError(
          `${rows} rows of ${k} values of ${name} are ${size} bytes, so not ${bytes.length}.`,
        );

      // WebGPU, GGUF and every machine that runs them are little-endian: words are read as they lie
      const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
      const quants = new Uint32Array(rows * quantsWords(units));
      const scales = new Uint32Array(rows * scalesWords(units));
      pack({
        fileBytes: new Uint8Array(buffer, byteOffset, size),
        fileHalves: new Uint16Array(buffer, byteOffset, size >> 1),
        fileWords: new Uint32Array(buffer, byteOffset, size >> 2),
        quants,
        scales,
        scaleHalves: new Uint16Array(scales.buffer),
        rows,
        k,
        units,
      });
      return { quants, scales };
    },
  };
}
