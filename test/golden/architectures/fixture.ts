import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type HfConfig, type HfTensor, readSafetensors } from '../safetensors.ts';

export type { HfConfig, HfTensor } from '../safetensors.ts';

/** What `make-fixtures.py` wrote of one family. */
export interface Fixture {
  weights: ReadonlyMap<string, HfTensor>;
  tokens: readonly number[];
  /** `config` as in a model's config.json; `logits` after each of the first tokens. */
  cases: readonly { name: string; config: HfConfig; logits: readonly Float32Array[] }[];
}

const ENDING = '.safetensors';

export function fixtureNames(): string[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(ENDING));
  return files.map((name) => name.slice(0, -ENDING.length)).sort();
}

export function readFixture(family: string): Fixture {
  const { metadata, tensors } = readSafetensors(join(import.meta.dirname, `${family}${ENDING}`));
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
      config: JSON.parse(metadata[`config.${name}`]!),
      logits: Array.from({ length: rows }, (_, row) => values.subarray(row * vocab, (row + 1) * vocab)),
    };
  });
  return { weights: tensors, tokens, cases };
}
