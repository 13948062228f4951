import type { Random } from './random.ts';

/** Lengths, counts and offsets at which readers break. */
const NUMBERS = [
  0n,
  1n,
  2n,
  7n,
  8n,
  31n,
  32n,
  255n,
  256n,
  0x7fffn,
  0xffffn,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const MAX_BYTES = 256 * 1024;

type Change = (bytes: Uint8Array, random: Random, words: readonly string[]) => Uint8Array;

const overwritten = (bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array => {
  const copy = bytes.slice();
  copy.set(part.subarray(0, Math.max(0, copy.length - at)), at);
  return copy;
};
const spliced = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array => {
  const rest = bytes.subarray(at + remove);
  const made = new Uint8Array(at + insert.length + rest.length);
  made.set(bytes.subarray(0, at));
  made.set(insert, at);
  made.set(rest, at + insert.length);
  return made;
};
const little = (value: bigint, length: number): Uint8Array =>
  new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer).slice(0, length);

const CHANGES: readonly Change[] = [
  (bytes, random) => overwritten(bytes, random.below(bytes.length), random.bytes(1)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  (bytes, random) =>
    overwritten(bytes, random.below(bytes.length), little(random.of(NUMBERS), random.of([1, 2, 4, 8]))),
  (bytes, random) => spliced(bytes, random.below(bytes.length), random.below(16), new Uint8Array()),
  (bytes, random) => spliced(bytes, random.below(bytes.length + 1), 0, random.bytes(random.below(16))),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random, words) =>
    spliced(
      bytes,
      random.below(bytes.length + 1),
      random.below(4),
      new TextEncoder().encode(random.of(words)),
    ),
  (bytes, random) => {
    const from = random.below(bytes.length);
    const piece = bytes.slice(from, from + random.below(64));
    return spliced(bytes, random.below(bytes.length + 1), random.of([0, piece.length]), piece);
  },
];

/** A few changes of single bytes, numbers, words and pieces. */
export function mutateBytes(bytes: Uint8Array, random: Random, words: readonly string[]): Uint8Array {
  let made = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) made = random.of(CHANGES)(made, random, words);
  return made.slice(0, MAX_BYTES);
}
