import { join } from 'node:path';
import { type HfConfig, type HfTensor, readSafetensors } from '../safetensors.ts';

export interface EmbeddingCase {
  name: string;
  config: HfConfig;
  pooling: 'mean' | 'first' | 'last';
  /** The tokens of each text, and the vector that transformers makes of it. */
  texts: readonly { ids: number[]; vector: Float32Array }[];
}

/** What `make-fixtures.py` wrote of one family. */
export function readFixture(family: string): {
  weights: ReadonlyMap<string, HfTensor>;
  cases: readonly EmbeddingCase[];
} {
  const { metadata, tensors } = readSafetensors(join(import.meta.dirname, `${family}.safetensors`));
  const tokens = [...tensors.get('tokens')!.values];
  const weights = new Map([...tensors].filter(([name]) => name !== 'tokens' && !name.startsWith('vectors.')));
  const cases = Object.entries(metadata).flatMap(([key, json]) => {
    const name = /^case\.(.+)/.exec(key)?.[1];
    if (!name) return [];
    const { config, pooling, lengths } = JSON.parse(json);
    const { shape, values } = tensors.get(`vectors.${name}`)!;
    const dim = shape[1]!;
    let start = 0;
    const texts = (lengths as number[]).map((length, i) => {
      if (start + length > tokens.length) start = 0;
      const ids = tokens.slice(start, start + length);
      start += length;
      return { ids, vector: values.subarray(i * dim, (i + 1) * dim) };
    });
    return [{ name, config, pooling, texts }];
  });
  return { weights, cases };
}
