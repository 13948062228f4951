import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import { readTokenizer } from '../../models/tokenizers/index.ts';
import { Constrainer } from '../../src/engine/constrain/constrainer.ts';

// What holding an answer to a schema costs the processor, token by token, with GPT-2's vocabulary
const file = join(import.meta.dirname, '../../../shared/data/gguf-vocab/ggml-vocab-gpt-2.gguf');
const TEXT = JSON.stringify({
  name: 'A garden in spring',
  tags: ['green', 'quiet', 'wet'],
  size: { width: 12.5, height: 40 },
  isOpen: true,
});
const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
    size: { type: 'object', properties: { width: { type: 'number' }, height: { type: 'number' } } },
    isOpen: { type: 'boolean' },
  },
  required: ['name', 'tags', 'size', 'isOpen'],
};

test.skipIf(!existsSync(file))('a mask and a token taken, in microseconds', async () => {
  const bytes = readFileSync(file);
  const { metadata } = await readGguf({
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  });
  const tokenizer = readTokenizer(metadata);
  const constrainer = new Constrainer(tokenizer, tokenizer.size);
  const held = { constraint: { kind: 'json-schema', schema: JSON.stringify(SCHEMA) } } as const;
  const ids = tokenizer.encode(TEXT);
  const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const startedAt = performance.now();
    return [await work(), performance.now() - startedAt];
  };
  const [, firstMs] = await timed(() => constrainer.matcher(held));
  const [, againMs] = await timed(() => constrainer.matcher(held));
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const matcher = await constrainer.matcher(held);
    for (const id of ids) {
      const [, ms] = await timed(async () => {
        await matcher.mask();
        expect(matcher.accept(id)).toBe(true);
      });
      times.push(ms * 1000);
    }
    matcher.dispose();
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor(share * times.length)]!);
  console.log({
    vocab: tokenizer.size,
    firstMs,
    againMs,
    medianUs: at(0.5),
    p90Us: at(0.9),
    p99Us: at(0.99),
  });
});
