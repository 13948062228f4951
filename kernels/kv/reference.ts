import { random } from '../../test/gpu.ts';
import type { KvShape, KvType } from './kv.ts';

/** A page table that gives each sequence the physical pages it needs, shuffled over all sequences; the rest is poison. */
export function shuffledPages(lengths: readonly number[], { page, maxPages }: KvShape): Uint32Array {
  const next = random(lengths.length + 7);
  const needed = lengths.map((length) => Math.ceil(length / page));
  const physical = Array.from({ length: countPages(lengths, page) }, (_, i) => i);
  for (let i = physical.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [physical[i], physical[j]] = [physical[j]!, physical[i]!];
  }
  const table = new Uint32Array(lengths.length * maxPages).fill(0xffff_ffff);
  for (const [sequence, count] of needed.entries()) table.set(physical.splice(0, count), sequence * maxPages);
  return table;
}

export function countPages(lengths: readonly number[], page: number): number {
  return lengths.reduce((sum, length) => sum + Math.ceil(length / page), 0);
}

/**
 * Element index of (sequence, position, head, dim) in a paged K or V buffer,
 * written from the layout in ARCHITECTURE.md.
 */
export function pagedIndex(
  table: Uint32Array,
  { kvHeads, headDim, page, maxPages }: KvShape,
  sequence: number,
  position: number,
  head: number,
): number {
  const physical = table[sequence * maxPages + Math.floor(position / page)]!;
  return ((physical * kvHeads + head) * page + (position % page)) * headDim;
}

/** K or V of all sequences, one (length, kvHeads, headDim) array each, as the paged buffer. Places that hold nothing are NaN. */
export function toPaged(
  dense: readonly Float32Array[],
  table: Uint32Array,
  shape: KvShape,
  type: KvType,
): Float32Array | Uint16Array | Uint32Array {
  const { kvHeads, headDim, page } = shape;
  const width = kvHeads * headDim;
  const lengths = dense.map((values) => values.length / width);
  const paged = new Float32Array(countPages(lengths, page) * page * width).fill(Number.NaN);
  for (const [sequence, values] of dense.entries()) {
    for (let position = 0; position < lengths[sequence]!; position++) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (position * kvHeads + head) * headDim;
        paged.set(values.subarray(from, from + headDim), pagedIndex(table, shape, sequence, position, head));
      }
    }
  }
  if (type === 'f32') return paged;
  return type === 'f16' ? Uint16Array.from(paged, toHalf) : toQ8(paged, headDim);
}

/** The numbers of a paged buffer of any type. */
export function fromPaged(
  kept: Float32Array | Uint16Array | Uint32Array,
  type: KvType,
  headDim: number,
): Float32Array {
  if (type === 'f32') return Float32Array.from(kept);
  return type === 'f16' ? Float32Array.from(kept, fromHalf) : fromQ8(Uint32Array.from(kept), headDim);
}

/** Values (…, headDim) as the cache gives them back. */
export function asKept(values: Float32Array, type: KvType, headDim: number): Float32Array {
  if (type === 'f32') return values;
  return type === 'f16'
    ? values.map((value) => fromHalf(toHalf(value)))
    : fromQ8(toQ8(values, headDim), headDim);
}

/** Entries of a head's int8, four to a word from the lowest byte, then the f32 scales of each 32; 127 is the largest of them. */
function toQ8(values: Float32Array, headDim: number): Uint32Array {
  const words = headDim / 4 + Math.ceil(headDim / 32);
  const out = new Uint32Array((values.length / headDim) * words);
  const view = new DataView(out.buffer);
  for (let entry = 0; entry < values.length / headDim; entry++) {
    for (let first = 0; first < headDim; first += 32) {
      const from = entry * headDim;
      const block = values.subarray(from + first, from + Math.min(headDim, first + 32));
      const scale = Math.fround(Math.max(...block.map(Math.abs)) / 127);
      view.setFloat32((entry * words + headDim / 4 + first / 32) * 4, scale, true);
      for (const [i, value] of block.entries())
        view.setInt8(entry * words * 4 + first + i, scale === 0 ? 0 : Math.round(value / scale));
    }
  }
  return out;
}

function fromQ8(kept: Uint32Array, headDim: number): Float32Array {
  const words = headDim / 4 + Math.ceil(headDim / 32);
  const view = new DataView(kept.buffer);
  return Float32Array.from({ length: (kept.length / words) * headDim }, (_, i) => {
    const [entry, d] = [Math.floor(i / headDim), i % headDim];
    const scale = view.getFloat32((entry * words + headDim / 4 + Math.floor(d / 32)) * 4, true);
    return scale * view.getInt8(entry * words * 4 + d);
  });
}

/** The nearest f16, ties to even, as its bits. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  // Steps of 2^(exponent - 10); numbers of the smallest exponent are subnormal below 1024 steps
  const steps = size / 2 ** (exponent - 10);
  const floor = Math.floor(steps);
  const rest = steps - floor;
  const rounded = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  return sign | ((exponent + 14) * 1024 + rounded);
}

/** The number that f16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
