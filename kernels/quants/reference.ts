import { random } from '../../test/gpu.ts';
import type { QuantFormat } from './format.ts';

/** A type as its definition has it: one block of the file's bytes at a time. It knows nothing of `pack` and the GPU's layout. */
export interface Reference {
  /** The block's values, in f64. */
  dequantize(block: DataView): number[];
  /** Where the block has f16 numbers. Any other bytes may be anything. */
  halves: number[];
}

const references = import.meta.glob<Reference>('./*/reference.ts', { eager: true, import: 'reference' });

export function referenceOf({ name }: QuantFormat): Reference {
  return references[`./${name.toLowerCase().replace('_', '-')}/reference.ts`]!;
}

/** The file's bytes of `rows` rows of any bits at all, but that numbers which scale others are finite and of ordinary size. */
export function randomRows(format: QuantFormat, rows: number, k: number, seed = 1): Uint8Array {
  const next = random(seed);
  const bytes = Uint8Array.from({ length: rows * format.rowBytes(k) }, () => next() * 256);
  const { halves } = referenceOf(format);
  for (let block = 0; block < bytes.length; block += format.blockBytes)
    for (const half of halves) {
      // An exponent of 2^-6 to 2^1
      const at = block + half + 1;
      bytes[at] = (bytes[at]! & 0x9f) | 0x20;
    }
  return bytes;
}

/** (rows, k) */
export function dequantizeRows(format: QuantFormat, bytes: Uint8Array): Float64Array {
  const { dequantize } = referenceOf(format);
  const blocks = bytes.length / format.blockBytes;
  const values = new Float64Array(blocks * format.blockValues);
  for (let i = 0; i < blocks; i++) {
    const block = new DataView(bytes.buffer, bytes.byteOffset + i * format.blockBytes, format.blockBytes);
    values.set(dequantize(block), i * format.blockValues);
  }
  return values;
}

/** The f16 at an offset: 1 sign bit, 5 of exponent, 10 of fraction. */
export function halfAt(view: DataView, offset: number): number {
  const bits = view.getUint16(offset, true);
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
