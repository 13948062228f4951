import { ModelError, quoted, unsupportedModel } from '../errors.ts';
import { checkStart, START_BYTES } from './check-start.ts';
import { type GgmlTypeName, ggmlType, tensorBytes } from './ggml-types.ts';
import { type ByteSource, damaged, HeaderBytes } from './header-bytes.ts';
import { PartJoiner } from './join-parts.ts';
import { partsOf } from './joined-source.ts';
import { Metadata } from './metadata.ts';
import { readValue } from './read-value.ts';
import type { GgufValue } from './values.ts';

/** The header of a model file. */
export interface Gguf {
  version: number;
  metadata: Metadata;
  tensors: Map<string, TensorInfo>;
  /** Tensors start at multiples of this many bytes. */
  alignment: number;
}

export interface TensorInfo {
  name: string;
  type: GgmlTypeName;
  /** Lengths as in the file, the innermost (ggml's ne0, a row's length) first. */
  shape: readonly number[];
  /** Of its first byte, from the start of the file, or of the first file of several. */
  offset: number;
  sizeBytes: number;
}

// The format's own bounds (specification of GGUF, "file structure")
const MAX_KEY_BYTES = 65_535;
const MAX_NAME_BYTES = 64;
const MAX_DIMS = 4;
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 2 ** 16;
/** Far above any model, and few enough to keep. */
const MAX_TENSORS = 2 ** 16;
const MAX_ENTRIES = 2 ** 16;

/**
 * Reads the header of a GGUF file (version 2 or 3, little-endian), or those of all its parts, and never a tensor.
 * Whatever is wrong with the file is a `ModelError`; an error of `source.read` comes through as it is.
 */
export async function readGguf(source: ByteSource): Promise<Gguf> {
  const files = partsOf(source);
  const joiner = new PartJoiner(files.length);
  for (const [i, { start, file }] of files.entries()) {
    const part = await readFile(file).catch((error: unknown) => {
      if (files.length === 1 || !(error instanceof ModelError)) throw error;
      throw new ModelError(error.code, `Part ${i + 1} of ${files.length}: ${error.message}`, {
        cause: error,
      });
    });
    for (const tensor of part.tensors.values()) tensor.offset += start;
    joiner.add(part);
  }
  return joiner.joined();
}

async function readFile(source: ByteSource): Promise<Gguf> {
  const header = new HeaderBytes(source);
  const { version, tensorCount, entryCount } = await header.parse(() => readStart(header, source.size));

  const entries = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    const [key, value] = await header.parse(() => readEntry(header));
    if (entries.has(key)) throw damaged(`it has the metadata ${quoted(key)} twice`);
    entries.set(key, value);
  }
  const metadata = new Metadata(entries);
  const alignment = readAlignment(metadata);

  const tensors = new Map<string, TensorInfo>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = await header.parse(() => readTensor(header));
    if (tensors.has(tensor.name)) throw damaged(`it has the tensor ${quoted(tensor.name)} twice`);
    tensors.set(tensor.name, tensor);
  }

  const dataStart = Math.ceil(header.position / alignment) * alignment;
  for (const tensor of tensors.values()) {
    if (tensor.offset % alignment !== 0)
      throw damaged(`${tensorName(tensor)} does not start at a multiple of ${alignment}`);
    tensor.offset += dataStart;
  }
  checkPlaces([...tensors.values()], source.size);
  return { version, metadata, tensors, alignment };
}

function readStart(header: HeaderBytes, size: number) {
  const start = header.next(Math.min(size, START_BYTES));
  checkStart(new Uint8Array(start.buffer, start.byteOffset, start.byteLength), 'This file');
  const version = start.getUint32(4, true);
  const tensorCount = header.u64();
  const entryCount = header.u64();
  header.expect(tensorCount, 24, 'tensors');
  header.expect(entryCount, 13, 'metadata entries');
  if (tensorCount > MAX_TENSORS || entryCount > MAX_ENTRIES)
    throw damaged(
      `it claims ${tensorCount} tensors and ${entryCount} metadata entries, and a model has at most ${MAX_TENSORS} of each`,
    );
  return { version, tensorCount, entryCount };
}

function readEntry(header: HeaderBytes): [key: string, value: GgufValue] {
  header.part = 'the metadata';
  const key = readName(header, MAX_KEY_BYTES, 'a metadata key');
  header.part = `the metadata ${quoted(key)}`;
  return [key, readValue(header)];
}

function readTensor(header: HeaderBytes): TensorInfo {
  header.part = 'the list of tensors';
  const name = readName(header, MAX_NAME_BYTES, 'the name of a tensor');
  header.part = `the description of the tensor ${quoted(name)}`;

  const dims = header.u32();
  if (dims === 0 || dims > MAX_DIMS)
    throw damaged(`${header.part} has ${dims} dimensions, not 1 to ${MAX_DIMS}`);
  const shape = Array.from({ length: dims }, () => header.u64());
  const typeId = header.u32();
  const offset = header.u64();

  const type = ggmlType(typeId);
  if (!type)
    throw unsupportedModel(
      `The tensor ${quoted(name)} has the type number ${typeId}, which Hearth does not know. Get the model in another quantisation.`,
    );
  if (shape.includes(0)) throw damaged(`${header.part} has a dimension of 0`);
  const sizeBytes = tensorBytes(type, shape);
  if (sizeBytes === undefined)
    throw damaged(
      `the tensor ${quoted(name)} of shape ${shape.join(' × ')} is impossible: ${type.name} comes in blocks of ${type.blockValues}`,
    );
  return { name, type: type.name, shape, offset, sizeBytes };
}

function readName(header: HeaderBytes, maxBytes: number, what: string): string {
  const start = header.position;
  const name = header.string();
  if (header.position - start - 8 > maxBytes) throw damaged(`${what} is longer than ${maxBytes} bytes`);
  return name;
}

function readAlignment(metadata: Metadata): number {
  const alignment = metadata.integer('general.alignment', DEFAULT_ALIGNMENT);
  const isPowerOfTwo = alignment > 0 && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo || alignment > MAX_ALIGNMENT)
    throw damaged(`its alignment of ${alignment} is not a power of two up to ${MAX_ALIGNMENT}`);
  return alignment;
}

/** Every tensor lies within the file, and no two share a byte. */
function checkPlaces(tensors: TensorInfo[], fileSize: number): void {
  tensors.sort((a, b) => a.offset - b.offset);
  let previous: TensorInfo | undefined;
  for (const tensor of tensors) {
    const end = tensor.offset + tensor.sizeBytes;
    if (end > fileSize)
      throw damaged(`${tensorName(tensor)} should end at byte ${end}, but the file has ${fileSize} bytes`);
    if (previous && tensor.offset < previous.offset + previous.sizeBytes)
      throw damaged(`${tensorName(previous)} and ${tensorName(tensor)} overlap`);
    previous = tensor;
  }
}

function tensorName(tensor: TensorInfo): string {
  return `the tensor ${quoted(tensor.name)}`;
}
