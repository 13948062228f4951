import { readFileSync } from 'node:fs';
import { fromHalf } from '../../kernels/kv/reference.ts';

/** A tensor of a model as Hugging Face names and keeps it: the outermost length first. */
export interface HfTensor {
  shape: readonly number[];
  values: Float32Array;
}

// biome-ignore lint/suspicious/noExplicitAny: what a generator wrote, as JSON
export type HfConfig = Record<string, any>;

const READ = {
  F16: (view: DataView, at: number) => fromHalf(view.getUint16(2 * at, true)),
  F32: (view: DataView, at: number) => view.getFloat32(4 * at, true),
  I32: (view: DataView, at: number) => view.getInt32(4 * at, true),
};

interface Entry {
  dtype: keyof typeof READ;
  shape: number[];
  data_offsets: [number, number];
}

/** A safetensors file: the length of a JSON header, the header, the tensors' bytes. */
export function readSafetensors(path: string): {
  metadata: Record<string, string>;
  tensors: Map<string, HfTensor>;
} {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));

  const tensors = new Map<string, HfTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries as Record<string, Entry>)) {
    const [start, end] = data_offsets;
    const view = new DataView(bytes.buffer, bytes.byteOffset + 8 + headerLength + start, end - start);
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.set(name, {
      shape,
      values: Float32Array.from({ length: count }, (_, i) => READ[dtype](view, i)),
    });
  }
  return { metadata, tensors };
}
