import { random } from '../../test/gpu.ts';
import type { QuantFormat } from './format.ts';
import { randomBlocks } from './random-blocks.ts';

/** A type as its definition has it: one block of the file's bytes at a time. It knows nothing of `pack` and the GPU's layout. */
export interface Reference {
  /** The block's values, in f64. */
  dequantize(block: DataView): number[];
  /** Bytes at the end of a block that follow from the others, and that kernels do without. 0 if absent. */
  redundantBytes?: number;
}

const references = import.meta.glob<Reference>('./*/reference.ts', { eager: true, import: 'reference' });

export function referenceOf({ name }: QuantFormat): Reference {
  return references[`./${name.toLowerCase().replaceAll('_', '-')}/reference.ts`]!;
}

/** The file's bytes of `rows` rows of random weights of size 1, about. */
export function randomRows(format: QuantFormat, rows: number, k: number, seed = 1): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  return randomBlocks(format, rows, k, () => next() * 2 ** 32, 50);
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
