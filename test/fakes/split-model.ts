import type { Metadata } from '../../models/gguf/metadata.ts';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import type { GgufValue } from '../../models/gguf/values.ts';
import { type TensorContents, writeGguf } from '../../models/gguf/write-gguf.ts';

export interface Part {
  metadata: [string, GgufValue][];
  tensors: TensorContents[];
}

/** What each part of a model has when llama.cpp splits it: the tensors in turn, the metadata in the first part alone. */
export async function splitModel(file: Uint8Array, count: number): Promise<Part[]> {
  const { metadata, tensors } = await readGguf({
    size: file.length,
    read: async (offset, length) => file.subarray(offset, offset + length),
  });
  const all = [...tensors.values()].map(({ offset, sizeBytes, ...tensor }) => ({
    ...tensor,
    data: file.slice(offset, offset + sizeBytes),
  }));
  const each = Math.ceil(all.length / count);
  return Array.from({ length: count }, (_, i) => ({
    metadata: [...(i === 0 ? entriesOf(metadata) : []), ...splitEntries(i, count, all.length)],
    tensors: all.slice(i * each, (i + 1) * each),
  }));
}

export function writeParts(parts: readonly Part[]): Uint8Array<ArrayBuffer>[] {
  return parts.map((part) => new Uint8Array(writeGguf(part)));
}

function entriesOf({ entries }: Metadata): [string, GgufValue][] {
  return [...entries];
}

function splitEntries(number: number, count: number, tensors: number): [string, GgufValue][] {
  return [
    ['split.no', { type: 'uint16', value: number }],
    ['split.count', { type: 'uint16', value: count }],
    ['split.tensors.count', { type: 'int32', value: tensors }],
  ];
}
