import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../errors.ts';
import { ggmlType, type GgmlTypeName, tensorBytes } from './ggml-types.ts';
import type { ByteSource } from './header-bytes.ts';
import { readGguf } from './read-gguf.ts';
import { GGUF_TYPES, type GgufArray, type GgufType, type GgufValue, NUMBER_ARRAYS } from './values.ts';
import { type TensorContents, writeGguf } from './write-gguf.ts';

/** A file in memory that counts what is read of it. */
function sourceOf(bytes: Uint8Array): ByteSource & { bytesRead: number } {
  return {
    size: bytes.length,
    bytesRead: 0,
    async read(offset, length) {
      this.bytesRead += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Bytes as the format has them, written without our writer. */
const u8 = (value: number) => [value];
const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
const u64 = (value: number | bigint) => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];
const text = (value: string) => [...u64(value.length), ...new TextEncoder().encode(value)];
const header = (tensors: number | bigint, entries: number | bigint, ...rest: number[][]) =>
  Uint8Array.from([...text('GGUF').slice(8), ...u32(3), ...u64(tensors), ...u64(entries), ...rest.flat()]);
const entry = (key: string, type: GgufType, ...value: number[][]) => [
  ...text(key),
  ...u32(GGUF_TYPES.indexOf(type)),
  ...value.flat(),
];
const tensor = (name: string, shape: (number | bigint)[], type: number, offset: number | bigint) => [
  ...text(name),
  ...u32(shape.length),
  ...shape.flatMap(u64),
  ...u32(type),
  ...u64(offset),
];

const values: fc.Arbitrary<GgufValue> = fc.oneof(
  fc.record({ type: fc.constant('uint8' as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({
    type: fc.constant('int16' as const),
    value: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  }),
  fc.record({ type: fc.constant('uint32' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ type: fc.constant('int32' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('float32' as const), value: fc.float() }),
  fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
  fc.record({
    type: fc.constant('uint64' as const),
    value: wide(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  }),
  fc.record({
    type: fc.constant('int64' as const),
    value: wide(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  }),
  fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.oneof(
    flatArrays(),
    fc.array(flatArrays()).map((value): GgufArray => ({ type: 'array', of: 'array', value })),
  ),
);

function flatArrays(): fc.Arbitrary<GgufArray> {
  const of = <T, A extends GgufArray>(items: fc.Arbitrary<T>, make: (items: T[]) => A) =>
    fc.array(items, { maxLength: 20 }).map(make);
  return fc.oneof(
    of(fc.integer({ min: -128, max: 127 }), (value) => ({
      type: 'array',
      of: 'int8',
      value: Int8Array.from(value),
    })),
    of(fc.float(), (value) => ({ type: 'array', of: 'float32', value: Float32Array.from(value) })),
    of(wide(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), (value) => ({
      type: 'array',
      of: 'int64',
      value,
    })),
    of(fc.boolean(), (value) => ({ type: 'array', of: 'bool', value })),
    of(fc.string({ unit: 'grapheme' }), (value) => ({ type: 'array', of: 'string', value })),
  );
}

/** 64-bit integers as the reader gives them. */
function wide(integers: fc.Arbitrary<bigint>): fc.Arbitrary<number | bigint> {
  return integers.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
}

const tensors: fc.Arbitrary<TensorContents> = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 20 }),
    type: fc.constantFrom<GgmlTypeName>('F32', 'F16', 'Q4_0', 'Q6_K', 'MXFP4'),
    blocks: fc.integer({ min: 1, max: 3 }),
    rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    fill: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ name, type, blocks, rest, fill }) => {
    const format = types.get(type)!;
    const shape = [blocks * format.blockValues, ...rest];
    return { name, type, shape, data: new Uint8Array(tensorBytes(format, shape)!).fill(fill) };
  });

const types = new Map(
  Array.from({ length: 64 }, (_, id) => ggmlType(id)).flatMap((type) => (type ? [[type.name, type]] : [])),
);

const contents = fc.record({
  version: fc.constantFrom<2 | 3>(2, 3),
  metadata: fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), values), {
    selector: ([key]) => key,
    maxLength: 8,
  }),
  tensors: fc.uniqueArray(tensors, { selector: ({ name }) => name, maxLength: 5 }),
});

describe('a file that was written', () => {
  test('is read back whole', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.constantFrom(1, 16, 64), async (written, alignment) => {
        const metadata: [string, GgufValue][] = [
          ...written.metadata,
          ['general.alignment', { type: 'uint32', value: alignment }],
        ];
        const bytes = writeGguf({ ...written, metadata });
        const read = await readGguf(sourceOf(bytes));

        expect(read.version).toBe(written.version);
        expect(read.alignment).toBe(alignment);
        expect([...read.metadata.entries]).toEqual(metadata);
        expect(read.tensors.size).toBe(written.tensors.length);
        for (const { name, type, shape, data } of written.tensors) {
          const { offset, sizeBytes, ...found } = read.tensors.get(name)!;
          expect(found).toEqual({ name, type, shape });
          expect(offset % alignment).toBe(0);
          expect(bytes.subarray(offset, offset + sizeBytes)).toEqual(data);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('keeps 64-bit integers exact', async () => {
    const big = 2n ** 53n + 1n;
    const { metadata } = await readGguf(
      sourceOf(header(0, 2, entry('big', 'uint64', u64(big)), entry('small', 'int64', u64(2n ** 64n - 5n)))),
    );
    expect(metadata.entries.get('big')?.value).toBe(big);
    expect(metadata.integer('small')).toBe(-5);
    expect(() => metadata.integer('big')).toThrow('should be a whole number');
  });

  test('is read from the front only, a piece at a time, and its tensors never', async () => {
    const words = Array.from({ length: 100_000 }, (_, i) => `word ${i}`);
    const front = writeGguf({
      metadata: [['words', { type: 'array', of: 'string', value: words }]],
      tensors: [{ name: 'weights', type: 'F32', shape: [2 ** 20, 2 ** 10], data: new Uint8Array(0) }],
    });
    const size = front.length + 2 ** 32;
    let furthest = 0;
    const { tensors, metadata } = await readGguf({
      size,
      async read(offset, length) {
        furthest = Math.max(furthest, offset + length);
        const piece = new Uint8Array(length);
        piece.set(front.subarray(offset, offset + length));
        return piece;
      },
    });
    expect(metadata.strings('words')).toEqual(words);
    expect(tensors.get('weights')?.sizeBytes).toBe(2 ** 32);
    expect(furthest).toBeLessThan(2 * front.length + 256 * 1024);
  });
});

describe('a file that lies', () => {
  const F32 = 0;
  const many = 2 ** 40;
  const deep = [...Array(6)].flatMap(() => [...u32(9), ...u64(1)]);

  test.each<{ why: string; file: Uint8Array; says: string; code?: 'unsupported-model' }>([
    { why: 'is empty', file: new Uint8Array(0), says: 'is not a GGUF model' },
    {
      why: 'is something else',
      file: new TextEncoder().encode('<!DOCTYPE html><html></html>'),
      says: 'is not a GGUF model',
    },
    {
      why: 'has version 1',
      file: header(0, 0).with(4, 1),
      says: 'GGUF file of version 1',
      code: 'unsupported-model',
    },
    {
      why: 'is big-endian',
      file: header(0, 0).with(4, 0).with(7, 3),
      says: 'big-endian',
      code: 'unsupported-model',
    },
    { why: 'claims 2^63 tensors', file: header(2n ** 63n, 0), says: 'tensors, more than' },
    { why: 'claims 2^40 entries', file: header(0, many), says: `${many} metadata entries, more than` },
    {
      why: 'claims a list of 2^40 texts',
      file: header(0, 1, entry('k', 'array', u32(8), u64(many))),
      says: '"k" claims 1099511627776 values',
    },
    {
      why: 'claims a list of 2^62 numbers',
      file: header(0, 1, entry('k', 'array', u32(12), u64(2n ** 62n))),
      says: '"k" claims',
    },
    {
      why: 'claims a text of 2^64 - 1 bytes',
      file: header(0, 1, entry('k', 'string', u64(2n ** 64n - 1n))),
      says: 'bytes of text',
    },
    { why: 'claims a key of 2^40 bytes', file: header(0, 1, u64(many), u64(0)), says: 'the metadata claims' },
    {
      why: 'has lists in lists without end',
      file: header(0, 1, entry('k', 'array', deep)),
      says: 'deeper than',
    },
    {
      why: 'has an unknown type of value',
      file: header(0, 1, text('k'), u32(13), u64(0)),
      says: 'unknown value type 13',
    },
    {
      why: 'has a third truth',
      file: header(0, 1, entry('k', 'bool', u8(2))),
      says: 'neither true nor false',
    },
    {
      why: 'has a key twice',
      file: header(0, 2, entry('k', 'uint8', u8(1)), entry('k', 'uint8', u8(1))),
      says: '"k" twice',
    },
    {
      why: 'ends within a value',
      file: header(0, 1, entry('k', 'uint32', u8(1), u8(2))),
      says: 'in the middle of the metadata "k"',
    },
    {
      why: 'has an alignment of 0',
      file: header(0, 1, entry('general.alignment', 'uint32', u32(0))),
      says: 'alignment of 0',
    },
    {
      why: 'has an alignment of 24',
      file: header(0, 1, entry('general.alignment', 'uint32', u32(24))),
      says: 'alignment of 24',
    },
    {
      why: 'has an alignment of 2 GiB',
      file: header(0, 1, entry('general.alignment', 'uint32', u32(2 ** 31))),
      says: 'alignment of 2147483648',
    },
    {
      why: 'has a text for an alignment',
      file: header(0, 1, entry('general.alignment', 'string', text('32'))),
      says: 'should be a whole number',
    },
    {
      why: 'has a tensor twice',
      file: header(2, 0, tensor('t', [1], F32, 0), tensor('t', [1], F32, 32)),
      says: '"t" twice',
    },
    {
      why: 'has a tensor without dimensions',
      file: header(1, 0, tensor('t', [], F32, 0)),
      says: '0 dimensions',
    },
    {
      why: 'has a tensor of a million dimensions',
      file: header(1, 0, text('t'), u32(1e6), u64(1), u64(1)),
      says: '1000000 dimensions',
    },
    { why: 'has a dimension of 0', file: header(1, 0, tensor('t', [4, 0], F32, 0)), says: 'dimension of 0' },
    {
      why: 'has dimensions beyond counting',
      file: header(1, 0, tensor('t', [2n ** 32n, 2n ** 32n], F32, 0)),
      says: 'impossible',
    },
    {
      why: 'has dimensions that wrap around to few',
      file: header(1, 0, tensor('t', [2n ** 63n, 2], F32, 0)),
      says: 'impossible',
    },
    { why: 'has rows of broken blocks', file: header(1, 0, tensor('t', [33], 8, 0)), says: 'blocks of 32' },
    {
      why: 'has an unknown type of tensor',
      file: header(1, 0, tensor('t', [1], 4, 0)),
      says: '"t" has the type number 4',
      code: 'unsupported-model',
    },
    {
      why: 'has a tensor off its alignment',
      file: header(1, 0, tensor('t', [1], F32, 8)),
      says: 'multiple of 32',
    },
    {
      why: 'has a tensor beyond its end',
      file: header(1, 0, tensor('t', [8], F32, 0)),
      says: 'but the file has',
    },
    {
      why: 'has a tensor at 2^60',
      file: header(1, 0, tensor('t', [1], F32, 2n ** 60n)),
      says: 'but the file has',
    },
    {
      why: 'has tensors that overlap',
      file: Uint8Array.from([
        ...header(2, 0, tensor('a', [16], F32, 0), tensor('b', [1], F32, 32)),
        ...new Array(99).fill(0),
      ]),
      says: '"a" and the tensor "b" overlap',
    },
    {
      why: 'has a tensor name of 65 bytes',
      file: header(1, 0, tensor('t'.repeat(65), [1], F32, 0)),
      says: 'longer than 64 bytes',
    },
  ])('is refused in words when it $why', async ({ file, says, code = 'bad-model' }) => {
    const source = sourceOf(file);
    const refusal = await readGguf(source).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ModelError);
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(says) });
    expect(source.bytesRead).toBeLessThanOrEqual(file.length);
  });

  test('is refused when it is shorter than its size says', async () => {
    const file = header(0, 1, entry('k', 'string', text('value')));
    const source = { ...sourceOf(file.subarray(0, 40)), size: file.length };
    await expect(readGguf(source)).rejects.toThrow(`should have ${file.length} bytes but ends at byte 40`);
  });

  test('is refused when its header is larger than any', async () => {
    const file = header(0, 1, entry('k', 'string', u64(2 ** 31)));
    const source: ByteSource = {
      size: 2 ** 33,
      read: async (_, length) => Uint8Array.from({ length }, (_, i) => file[i] ?? 0),
    };
    await expect(readGguf(source)).rejects.toThrow('larger than 64 MiB');
  });

  test('lets an error of its source through', async () => {
    const source = { size: 100, read: () => Promise.reject(new Error('the disk is gone')) };
    await expect(readGguf(source)).rejects.toThrow('the disk is gone');
  });
});

describe('a damaged file', () => {
  const sound = writeGguf({
    metadata: [
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['list', { type: 'array', of: 'string', value: ['a', 'bc', 'déf'] }],
      ['numbers', { type: 'array', of: 'float32', value: Float32Array.of(1, 2, 3) }],
      ['nested', { type: 'array', of: 'array', value: [{ type: 'array', of: 'bool', value: [true] }] }],
      ['long', { type: 'uint64', value: 7 }],
    ],
    tensors: [
      { name: 'a', type: 'F32', shape: [3, 2], data: new Uint8Array(24) },
      { name: 'b', type: 'Q8_0', shape: [32], data: new Uint8Array(34) },
    ],
  });

  /** Either read or refused as a model; never more read than there is, never more kept than could be. */
  async function survives(bytes: Uint8Array): Promise<void> {
    const source = sourceOf(bytes);
    try {
      const { metadata, tensors } = await readGguf(source);
      const kept = [...metadata.entries.values()].map(({ value }) =>
        typeof value === 'object' ? value.length : 1,
      );
      expect(kept.reduce((a, b) => a + b, tensors.size)).toBeLessThanOrEqual(bytes.length);
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
    }
    expect(source.bytesRead).toBeLessThanOrEqual(bytes.length);
  }

  test('is refused wherever it was cut', async () => {
    const { tensors } = await readGguf(sourceOf(sound));
    const { offset, sizeBytes } = tensors.get('b')!;
    for (let length = 0; length < offset + sizeBytes; length++)
      await expect(readGguf(sourceOf(sound.subarray(0, length))), `${length} bytes`).rejects.toBeInstanceOf(
        ModelError,
      );
  });

  test('with any one byte changed is read or refused, and nothing else', async () => {
    for (let at = 0; at < sound.length; at++)
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) await survives(sound.with(at, value));
  });

  test('with many bytes changed is read or refused, and nothing else', async () => {
    const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = sound.slice();
        for (const [at, value] of list) bytes[at] = value;
        await survives(bytes);
      }),
      { numRuns: 400, seed: 2 },
    );
  });
});

test('every number type of the format has the array of its size', () => {
  const sizes = Object.entries(NUMBER_ARRAYS).map(([name, { BYTES_PER_ELEMENT }]) => [
    name,
    8 * BYTES_PER_ELEMENT,
  ]);
  for (const [name, bits] of sizes) expect(name).toMatch(new RegExp(`^(u?int|float)${bits}$`));
});
