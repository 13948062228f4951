import { badModel } from '../errors.ts';

// The parts of a unit of the double array (Darts-clone, which SentencePiece writes)
const base = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
/** The byte that leads to the unit; a unit that holds a value has bit 31 and is reached by no byte. */
const label = (unit: number) => unit & 0x800000ff;
const hasValue = (unit: number) => (unit & 0x100) !== 0;
const value = (unit: number) => unit & 0x7fffffff;

/**
 * SentencePiece's `precompiled_charsmap`: u32 size, a double array of that many bytes which leads from UTF-8 to
 * offsets, and at those offsets texts that end with 0. Each longest match is replaced by its text.
 */
export class Charsmap {
  private readonly units: Uint32Array;
  private readonly texts: Uint8Array;
  private readonly utf8 = new TextEncoder();
  private readonly decoder = new TextDecoder();

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || 4 + size >= bytes.length || bytes.at(-1) !== 0)
      throw badModel(
        `The model's tokenizer.ggml.precompiled_charsmap has ${bytes.length} bytes that do not fit together. Convert or download the model again.`,
      );
    this.units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.texts = bytes.subarray(4 + size);
  }

  normalize(text: string): string {
    const input = this.utf8.encode(text);
    const output: number[] = [];
    for (let at = 0; at < input.length; ) {
      const match = this.longest(input, at);
      // Bytes that go on a character stay with it
      const length = match?.length ?? characterLength(input[at]!);
      const replaced = match ? this.textAt(match.offset) : input.subarray(at, at + length);
      for (const byte of replaced) output.push(byte);
      at += length;
    }
    return this.decoder.decode(Uint8Array.from(output));
  }

  private longest(input: Uint8Array, start: number): { length: number; offset: number } | undefined {
    let found: { length: number; offset: number } | undefined;
    let node = base(this.unit(0));
    for (let at = start; at < input.length && input[at] !== 0; at++) {
      node ^= input[at]!;
      const unit = this.unit(node);
      if (label(unit) !== input[at]) break;
      node ^= base(unit);
      if (hasValue(unit)) found = { length: at - start + 1, offset: value(this.unit(node)) };
    }
    return found;
  }

  private unit(index: number): number {
    return this.units[index] ?? outside();
  }

  private textAt(offset: number): Uint8Array {
    const end = this.texts.indexOf(0, offset);
    return end < 0 ? outside() : this.texts.subarray(offset, end);
  }
}

function outside(): never {
  throw badModel(
    "The model's tokenizer.ggml.precompiled_charsmap points outside itself. Convert or download the model again.",
  );
}

function characterLength(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
