import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFloats } from '../../test/gpu.ts';
import { quantFormat, quantFormats } from './index.ts';
import { halfAt, referenceOf } from './reference.ts';

describe.each(quantFormats.map((format) => ({ name: format.name, format })))('$name', ({ format }) => {
  const { blockValues, blockBytes } = format;
  const told = blockBytes - (referenceOf(format).redundantBytes ?? 0);
  /** Without the bytes that follow from others. */
  const essence = (bytes: Uint8Array) => bytes.filter((_, i) => i % blockBytes < told);
  const lengths = fc
    .integer({ min: 1, max: 600 })
    .map((n) => Math.ceil(n / Math.max(blockValues, 4)) * Math.max(blockValues, 4));

  test('keeps every bit of the file: two files that differ in some bits differ in as many on the GPU', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(fc.nat(255)),
        (k, rows, random) => {
          const size = rows * format.rowBytes(k);
          const a = Uint8Array.from({ length: size }, () => random.next().value);
          const b = Uint8Array.from({ length: size }, () => random.next().value);
          const [packedA, packedB] = [format.pack(a, rows, k), format.pack(b, rows, k)];

          expect(
            differingBits(bytesOf(packedA.quants), bytesOf(packedB.quants)) +
              differingBits(bytesOf(packedA.scales), bytesOf(packedB.scales)),
          ).toBe(differingBits(essence(a), essence(b)));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('grows a row by less than a word and 3 % in scales, and only to whole units in quants', () => {
    fc.assert(
      fc.property(lengths, (k) => {
        const wholeUnits = Math.ceil(k / 32) * 32;
        const fileBytes = (format.rowBytes(wholeUnits) / blockBytes) * told;
        const growth = format.quantsBytes(k) + format.scalesBytes(k) - fileBytes;
        expect(growth).toBeGreaterThanOrEqual(0);
        // What is unpacked here need not be for every unit that is read
        expect(growth).toBeLessThan(4 + 0.03 * fileBytes);
      }),
    );
  });

  test('packs rows in parts as it packs them together, from any place in a buffer', () => {
    const k = 3 * Math.max(blockValues, 4);
    const rowBytes = format.rowBytes(k);
    const file = new Uint8Array(randomFloats(3 * rowBytes).buffer).slice(1, 1 + 3 * rowBytes);
    const shifted = new Uint8Array(3 * rowBytes + 3).subarray(3);
    shifted.set(file);

    const together = format.pack(file, 3, k);
    const parts = [
      format.pack(shifted.subarray(0, rowBytes), 1, k),
      format.pack(shifted.subarray(rowBytes), 2, k),
    ];

    expect([...parts[0]!.quants, ...parts[1]!.quants]).toEqual([...together.quants]);
    expect([...parts[0]!.scales, ...parts[1]!.scales]).toEqual([...together.scales]);
    expect(together.quants.byteLength).toBe(3 * format.quantsBytes(k));
    expect(together.scales.byteLength).toBe(3 * format.scalesBytes(k));
  });

  test('refuses rows that no file has and bytes that do not fit the rows', () => {
    const multiple = Math.max(blockValues, 4);
    for (const k of [0, -multiple, multiple + 1, Number.NaN, 2 ** 60])
      expect(() => format.rowBytes(k)).toThrow(`a multiple of ${multiple} values`);
    expect(() => format.pack(new Uint8Array(format.rowBytes(multiple) - 1), 1, multiple)).toThrow(
      'bytes, so not',
    );
  });

  test('is found by its name', () => {
    expect(quantFormat(format.name)).toBe(format);
  });
});

test('a type that no kernel reads is not found', () => {
  expect(quantFormat('IQ1_S')).toBeUndefined();
});

test.each([
  { bits: 0x3c00, value: 1 },
  { bits: 0xc000, value: -2 },
  { bits: 0x7bff, value: 65504 },
  { bits: 0x0001, value: 2 ** -24 },
  { bits: 0x3555, value: 0.333251953125 },
])('the references read the f16 $bits as $value', ({ bits, value }) => {
  expect(halfAt(new DataView(Uint16Array.of(bits).buffer), 0)).toBe(value);
});

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function differingBits(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) for (let x = a[i]! ^ b[i]!; x; x &= x - 1) bits++;
  return bits;
}
