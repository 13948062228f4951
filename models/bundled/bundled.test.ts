import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModel } from '../architectures/index.ts';
import { readGguf } from '../gguf/read-gguf.ts';
import { readTokenizer } from '../tokenizers/index.ts';
import { bundled } from './index.ts';

const path = join(import.meta.dirname, bundled.file);
const bytes = new Uint8Array(readFileSync(path));
const source = { size: bytes.length, read: async (offset: number, length: number) => bytes.slice(offset, offset + length) };
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden.json'), 'utf8'));

test('what is said of the bundled model is what its file holds', async () => {
  const { config } = readModel(await readGguf(source));
  expect(bundled.sizeBytes).toBe(statSync(path).size);
  expect(bundled.contextLength).toBe(config.contextLength);
  expect(bundled.sizeBytes).toBeLessThanOrEqual(16e6);
});

test("its tokenizer agrees with the one that it was trained with, on that one's own vectors", async () => {
  const tokenizer = readTokenizer((await readGguf(source)).metadata);
  for (const { text, ids } of golden.tokenizer as { text: string; ids: number[] }[]) {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  }
});
