import { expect, test } from 'vitest';
import { openGpu, random, runKernel } from '../../test/gpu.ts';
import { quantFormats } from './index.ts';
import { packRows } from './pack.ts';

const gpu = await openGpu();

/** Bytes that may be anything: all patterns of bits have their places, those of no number too. */
function bytesOf(length: number, seed: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length }, () => next() * 256);
}

test.for(quantFormats.map((format) => [format.name, format] as const))(
  'rows of %s lie on the GPU as the processor packs them, bit by bit',
  async ([, format]) => {
    const step = Math.max(format.blockValues, 4);
    // One block, rows that end inside a unit or a pair of scales, and rows of several blocks
    for (const k of [step, 3 * step, 11 * step]) {
      const [rows, firstRow] = [5, 2];
      const bytes = bytesOf(rows * format.rowBytes(k), k);
      const expected = format.pack(bytes, rows, k);
      const file = new Uint8Array(16 + bytes.length);
      new Uint32Array(file.buffer, 0, 2).set([rows, firstRow]);
      file.set(bytes, 16);

      const room = (words: Uint32Array) => ({
        write: Uint32Array,
        length: Math.max(4, (words.length / rows) * (firstRow + rows + 1)),
      });
      const [quants, scales] = await runKernel(gpu, packRows(format), { rows, k }, [
        file,
        room(expected.quants),
        room(expected.scales),
      ]);

      expectRows(quants!, expected.quants, rows, firstRow);
      if (expected.scales.length > 0) expectRows(scales!, expected.scales, rows, firstRow);
    }
  },
);

/** The rows are at their places, and what lies beside them is as it was. */
function expectRows(written: ArrayLike<number>, expected: Uint32Array, rows: number, firstRow: number) {
  const width = expected.length / rows;
  const beside = (count: number) => Array.from<number>({ length: count * width }).fill(0xffffffff);
  expect([...Array.from(written)]).toEqual([...beside(firstRow), ...expected, ...beside(1)]);
}
