import { type GgmlTypeName, ggmlTypeId } from './ggml-types.ts';
import { GGUF_TYPES, type GgufArray, type GgufType, type GgufValue, NUMBER_ARRAYS } from './values.ts';

export interface GgufHeader {
  /** 3 if absent. Both versions that Hearth reads have the same layout. */
  version?: 2 | 3;
  /** `general.alignment`, where given, is obeyed. */
  metadata: Iterable<readonly [key: string, value: GgufValue]>;
  tensors: readonly TensorHeader[];
}

export interface TensorHeader {
  name: string;
  type: GgmlTypeName;
  /** The innermost length first. */
  shape: readonly number[];
  sizeBytes: number;
}

export interface GgufContents extends Omit<GgufHeader, 'tensors'> {
  tensors?: readonly TensorContents[];
}

export interface TensorContents extends Omit<TensorHeader, 'sizeBytes'> {
  /** The tensor as the file holds it, in blocks of its type. */
  data: Uint8Array;
}

/** A whole GGUF file. */
export function writeGguf({ tensors = [], ...contents }: GgufContents): Uint8Array {
  const header = writeGgufHeader({
    ...contents,
    tensors: tensors.map(({ data, ...tensor }) => ({ ...tensor, sizeBytes: data.length })),
  });
  const out = new ByteWriter();
  out.bytes(header.bytes);
  for (const { data } of tensors) {
    out.bytes(data);
    out.align(header.alignment);
  }
  return out.finish();
}

/** All that comes before the tensors, which follow in their order, each padded to a multiple of `alignment`. */
export function writeGgufHeader({ version = 3, metadata, tensors }: GgufHeader) {
  const entries = new Map(metadata);
  const alignment = Number(entries.get('general.alignment')?.value ?? 32);
  const out = new ByteWriter();

  out.u32(0x46554747);
  out.u32(version);
  out.u64(tensors.length);
  out.u64(entries.size);
  for (const [key, value] of entries) {
    out.string(key);
    out.type(value.type);
    writeValue(out, value);
  }

  let offset = 0;
  for (const { name, type, shape, sizeBytes } of tensors) {
    out.string(name);
    out.u32(shape.length);
    for (const length of shape) out.u64(length);
    out.u32(ggmlTypeId(type));
    out.u64(offset);
    offset += Math.ceil(sizeBytes / alignment) * alignment;
  }
  out.align(alignment);
  return { bytes: out.finish(), alignment };
}

function writeValue(out: ByteWriter, value: GgufValue): void {
  if (value.type === 'array') writeArray(out, value);
  else out.scalar(value.type, value.value);
}

function writeArray(out: ByteWriter, array: GgufArray): void {
  out.type(array.of);
  out.u64(array.value.length);
  if (array.of === 'array') for (const inner of array.value) writeArray(out, inner);
  else for (const item of array.value) out.scalar(array.of, item);
}

class ByteWriter {
  private buffer = new Uint8Array(4096);
  private view = new DataView(this.buffer.buffer);
  private length = 0;
  private readonly text = new TextEncoder();

  u32(value: number): void {
    const at = this.grow(4);
    this.view.setUint32(at, value, true);
  }

  u64(value: number | bigint): void {
    const at = this.grow(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }

  type(type: GgufType): void {
    this.u32(GGUF_TYPES.indexOf(type));
  }

  string(value: string): void {
    const bytes = this.text.encode(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.grow(bytes.length);
    this.buffer.set(bytes, at);
  }

  align(alignment: number): void {
    this.grow(-this.length & (alignment - 1));
  }

  scalar(type: Exclude<GgufType, 'array'>, value: number | bigint | boolean | string): void {
    if (type === 'string') this.string(String(value));
    else if (type === 'bool') this.scalar('uint8', Number(value));
    else if (type === 'uint64' || type === 'int64') this.u64(BigInt.asUintN(64, BigInt(value)));
    else this.bytes(new Uint8Array(NUMBER_ARRAYS[type].of(Number(value)).buffer));
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  /** Makes room for zeros at the end; returns where they start. */
  private grow(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.buffer.length));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
}
