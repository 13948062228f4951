import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHalf } from '../../../kernels/kv/reference.ts';

/** A tensor of a model as Hugging Face names and keeps it: the outermost length first. */
export interface HfTensor {
  shape: readonly number[];
  values: Float32Array;
}

/** What `make-fixtures.py` wrote of one family. */
export interface Fixture {
  weights: ReadonlyMap<string, HfTensor>;
  tokens: readonly number[];
  /** `config` as in a model's config.json; `logits` after each of the first tokens. */
  cases: readonly { name: string; config: HfConfig; logits: readonly Float32Array[] }[];
}

// biome-ignore lint/suspicious/noExplicitAny: what the generator wrote, as JSON
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
export function readFixture(family: string): Fixture {
  const bytes = readFileSync(join(import.meta.dirname, `${family}.safetensors`));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));

  const tensors = new Map<string, HfTensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const { dtype, shape } = entry;
    const [start, end] = entry.data_offsets;
    const view = new DataView(bytes.buffer, bytes.byteOffset + 8 + headerLength + start, end - start);
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.set(name, {
      shape,
      values: Float32Array.from({ length: count }, (_, i) => READ[dtype](view, i)),
    });
  }

  const take = (name: string): HfTensor => {
    const tensor = tensors.get(name)!;
    tensors.delete(name);
    return tensor;
  };
  const tokens = [...take('tokens').values];
  const names = [...tensors.keys()].flatMap((name) => /^logits\.(.+)/.exec(name)?.[1] ?? []);
  const cases = names.map((name) => {
    const { shape, values } = take(`logits.${name}`);
    const [rows, vocab] = shape as [number, number];
    return {
      name,
      config: JSON.parse(metadata[`config.${name}`]),
      logits: Array.from({ length: rows }, (_, row) => values.subarray(row * vocab, (row + 1) * vocab)),
    };
  });
  return { weights: tensors, tokens, cases };
}
