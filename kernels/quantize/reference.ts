import { quantizedBytes } from './quantize.ts';

/** A row's parts as the integer kernels read them. */
export interface QuantizedRows {
  /** (rows, dim) */
  q: Int8Array;
  /** (rows, dim / 32) */
  d: Float32Array;
  /** (rows, dim / 32), d · sum of q */
  sums: Float32Array;
}

/** x (rows, dim) → nearest integers of 127ths of each 32 values' largest. */
export function quantizeReference(x: ArrayLike<number>, rows: number, dim: number): QuantizedRows {
  const q = new Int8Array(rows * dim);
  const d = new Float32Array((rows * dim) / 32);
  const sums = new Float32Array(d.length);
  for (let unit = 0; unit < d.length; unit++) {
    const values = Array.from({ length: 32 }, (_, i) => x[32 * unit + i]!);
    const scale = Math.fround(Math.max(...values.map(Math.abs)) / 127);
    const whole = values.map((value) => (scale ? Math.round(value / scale) : 0));
    d[unit] = scale;
    q.set(whole, 32 * unit);
    sums[unit] = scale * whole.reduce((sum, value) => sum + value, 0);
  }
  return { q, d, sums };
}

/** Bytes as the kernels write them. */
export function packQuantized({ q, d, sums }: QuantizedRows, rows: number, dim: number): Uint32Array {
  const bytes = new Uint8Array(rows * quantizedBytes(dim));
  const view = new DataView(bytes.buffer);
  const units = dim / 32;
  for (let row = 0; row < rows; row++)
    for (let unit = 0; unit < units; unit++) {
      const start = row * quantizedBytes(dim);
      const from = row * units + unit;
      for (let i = 0; i < 32; i++)
        view.setInt8(start + 16 * units * Math.floor(i / 16) + 16 * unit + (i % 16), q[32 * from + i]!);
      view.setFloat32(start + 32 * units + 8 * unit, d[from]!, true);
      view.setFloat32(start + 32 * units + 8 * unit + 4, sums[from]!, true);
    }
  return new Uint32Array(bytes.buffer);
}

/** The inverse of `packQuantized`. */
export function unpackQuantized(words: Uint32Array, rows: number, dim: number): QuantizedRows {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  const units = dim / 32;
  const [q, d, sums] = [
    new Int8Array(rows * dim),
    new Float32Array(rows * units),
    new Float32Array(rows * units),
  ];
  for (let row = 0; row < rows; row++)
    for (let unit = 0; unit < units; unit++) {
      const start = row * quantizedBytes(dim);
      const to = row * units + unit;
      for (let i = 0; i < 32; i++)
        q[32 * to + i] = view.getInt8(start + 16 * units * Math.floor(i / 16) + 16 * unit + (i % 16));
      d[to] = view.getFloat32(start + 32 * units + 8 * unit, true);
      sums[to] = view.getFloat32(start + 32 * units + 8 * unit + 4, true);
    }
  return { q, d, sums };
}

/** The values that the integers stand for, (rows, dim). */
export function dequantized({ q, d }: QuantizedRows): Float64Array {
  return Float64Array.from(q, (value, i) => value * d[Math.floor(i / 32)]!);
}
