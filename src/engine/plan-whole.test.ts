// Memory of models whose texts are computed whole.
import { expect, test } from 'vitest';
import { tinyBert } from '../../test/golden/embeddings/tiny-bert.ts';
import { readModelFile } from './model-file.ts';
import { activationElements, leastMemoryBytes, planMemory } from './plan.ts';

const { bytes } = tinyBert();
const { config: tiny } = await readModelFile({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});
const config = { ...tiny, contextLength: 4096 };
const request = { config, weightsBytes: 1000, budgetBytes: Number.POSITIVE_INFINITY, slots: 8, maxRows: 64 };

test('a step has room for the longest text, and there is no cache', () => {
  const plan = planMemory(request);
  expect(plan).toMatchObject({ contextLength: 4096, maxRows: 4096, isWhole: true, kvBytes: 0, groups: [] });
  expect(plan.totalBytes).toBe(1000 + plan.activationsBytes);
  expect(planMemory({ ...request, maxRows: 5000 }).maxRows).toBe(5000);
  expect(leastMemoryBytes(config, 1000)).toBe(1000);
});

test('a tight budget shortens the context, and too tight a one refuses with what it would need', () => {
  const { totalBytes } = planMemory({ ...request, contextLength: 1024 });
  expect(planMemory({ ...request, budgetBytes: totalBytes }).contextLength).toBe(1024);
  expect(() => planMemory({ ...request, budgetBytes: totalBytes, canShrink: false })).toThrow(
    /needs [\d.]+ MB .*4096 tokens/,
  );
  expect(() => planMemory({ ...request, budgetBytes: 2000 })).toThrow(/256 tokens/);
});

test('no buffer is larger than the device binds, whatever the budget', () => {
  const plan = planMemory({ ...request, bindingBytes: 1e6, canShrink: false });
  expect(plan.contextLength).toBe(1024);
  expect(4 * Math.max(...Object.values(activationElements(config, plan)))).toBeLessThanOrEqual(1e6);
});
