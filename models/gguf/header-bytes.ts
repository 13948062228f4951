import { badModel } from '../errors.ts';

/** Anything with bytes at offsets: a file, a blob, ranges of a URL. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `into` at once, where the disk is so near. */
  readonly readInto?: ((offset: number, into: Uint8Array) => void) | undefined;
  close?(): void | Promise<void>;
  /** The same bytes as a handle that other contexts can read from, where there is one. Nothing is copied. */
  readonly blob?: (() => Promise<Blob>) | undefined;
  /** Of a model in several files: what each of them measures, in their order. They lie one behind the other. */
  readonly partSizes?: readonly number[] | undefined;
}

/** Vocabularies of 260,000 tokens take about 10 MiB. */
const MAX_HEADER_BYTES = 64 * 2 ** 20;
const FIRST_PIECE = 256 * 1024;
/** Texts, truths and the like in all lists: each costs far more in memory than in the file. Vocabularies and their merges have a tenth. */
const MAX_ITEMS = 2 ** 23;

/** Thrown by a read beyond what is loaded; `HeaderBytes.parse` loads more and starts that part again. */
class Shortage {
  constructor(readonly end: number) {}
}

/**
 * The front of a file, loaded in pieces that double, so that reading is synchronous within a part and a part
 * is parsed again only a few times. A length is checked against the file's size before anything is loaded or
 * allocated for it.
 */
export class HeaderBytes {
  position = 0;
  /** What is being read, for the sentence of an error. */
  part = 'the header';
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private items = 0;
  private readonly text = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly source: ByteSource) {}

  /** Runs `read` until all it needs is loaded. It must not keep anything between runs. */
  async parse<T>(read: () => T): Promise<T> {
    const { position, items } = this;
    for (;;) {
      try {
        return read();
      } catch (thrown) {
        if (!(thrown instanceof Shortage)) throw thrown;
        this.position = position;
        this.items = items;
        await this.load(thrown.end);
      }
    }
  }

  /** Refuses `count` things of at least `leastBytes` each that the rest of the file cannot hold. */
  expect(count: number, leastBytes: number, what: string): void {
    if (count * leastBytes > this.source.size - this.position)
      throw damaged(`${this.part} claims ${count} ${what}, more than the whole file could hold`);
  }

  /** Refuses more values, all lists together, than a machine should keep of a header. */
  countItems(count: number): void {
    this.items += count;
    if (this.items > MAX_ITEMS)
      throw damaged(`it has more than ${MAX_ITEMS} values in lists, at ${this.part}`);
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** An unsigned 64-bit length or count. Beyond 2^53 it is inexact, and larger than any file. */
  u64(): number {
    const at = this.take(8);
    return this.view.getUint32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
  }

  string(): string {
    const length = this.u64();
    this.expect(length, 1, 'bytes of text');
    const at = this.take(length);
    return this.text.decode(this.bytes.subarray(at, at + length));
  }

  /** A view of the next `length` bytes; it lives until the next read. */
  next(length: number): DataView {
    const at = this.take(length);
    return new DataView(this.bytes.buffer, at, length);
  }

  /** A copy of the next `length` bytes in a buffer of its own. */
  copy(length: number): ArrayBuffer {
    const at = this.take(length);
    return this.bytes.slice(at, at + length).buffer;
  }

  private take(length: number): number {
    const at = this.position;
    const end = at + length;
    if (end > this.source.size) throw damaged(`it ends in the middle of ${this.part}`);
    if (end > this.bytes.length) throw new Shortage(end);
    this.position = end;
    return at;
  }

  private async load(end: number): Promise<void> {
    const loaded = this.bytes.length;
    if (end > MAX_HEADER_BYTES)
      throw damaged(`its header is larger than ${MAX_HEADER_BYTES / 2 ** 20} MiB, at ${this.part}`);
    const length = Math.min(this.source.size, Math.max(end, 2 * loaded, FIRST_PIECE));
    const piece = await this.source.read(loaded, length - loaded);
    if (piece.length !== length - loaded)
      throw damaged(`it should have ${this.source.size} bytes but ends at byte ${loaded + piece.length}`);

    const bytes = new Uint8Array(length);
    bytes.set(this.bytes);
    bytes.set(piece, loaded);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

export function damaged(why: string): Error {
  return badModel(`This GGUF file is damaged: ${why}. Download or convert it again.`);
}
