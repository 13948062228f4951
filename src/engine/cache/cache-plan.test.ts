import { expect, test } from 'vitest';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import { type CacheGroup, cacheBytes, contextBytes, PAGE_SIZE, planCache } from './cache-plan.ts';
import { planMemory } from '../plan/plan.ts';

const MiB = 2 ** 20;
const see = (window: number) => ({ window, rope: 0 });

/** Eight heads of 64 in blocks of any kind. */
function model(attention: ModelConfig['attention'], more: Partial<ModelConfig> = {}): ModelConfig {
  const [dim, heads, headDim] = [512, 8, 64];
  return {
    ...{ name: 'm', architecture: 'm', blocks: attention.length, dim, ffn: 1024, heads, kvHeads: 8, headDim },
    ...{ rotaryDim: 64, ropePairs: 'halves', ropes: [{ base: 1e4, scaling: { kind: 'none' } }], attention },
    ...{ convolved: 0, attentionScale: 0.125, embeddingScale: 1, activation: 'silu', normEps: 1e-6 },
    ...{ vocab: 1000, contextLength: 2 ** 17, tiedHead: true, isCausal: true, pooling: undefined },
    ...{ hasCache: true, tokenTypes: 1, vectorDim: dim, projectedDim: 0 },
    ...more,
  };
}

const plain = model(Array(16).fill(see(0)));
const sizes = { config: plain, contextLength: 4096, slots: 8, maxRows: 128, kv: 'f32' as const };
const pagesOf = (groups: readonly CacheGroup[] | undefined) =>
  groups?.map(({ window, blocks, pageCount }) => [window, blocks.length, pageCount]);

test('without windows there is one group, of as many pages as fit, up to four contexts', () => {
  const bytes = 16 * 2 * 8 * 64 * 4 * 4096;
  expect(contextBytes(sizes)).toBe(bytes);
  expect(planCache(sizes, bytes - 1)).toBeUndefined();
  expect(pagesOf(planCache(sizes, bytes))).toEqual([[0, 16, 256]]);
  expect(pagesOf(planCache(sizes, bytes * 1.5))).toEqual([[0, 16, 384]]);
  expect(pagesOf(planCache(sizes, bytes * 9))).toEqual([[0, 16, 1024]]);
  expect(pagesOf(planCache({ ...sizes, slots: 2 }, bytes * 9))).toEqual([[0, 16, 512]]);
});

test('blocks with a window have pages for those of eight texts, and for a step', () => {
  const config = model(Array.from({ length: 18 }, (_, i) => see((i + 1) % 6 === 0 ? 0 : 512)));
  const windowed = { ...sizes, config };
  // Twice 512 / 16 and 3 more for each context, 128 / 16 and 1 more for a step
  const one = planCache(windowed, contextBytes(windowed))!;
  expect(pagesOf(one)).toEqual([
    [512, 15, 79],
    [0, 3, 256],
  ]);
  expect(cacheBytes(windowed, one)).toBe((15 * 79 + 3 * 256) * PAGE_SIZE * 2 * 8 * 64 * 4);
  const many = planCache(windowed, Number.POSITIVE_INFINITY);
  expect(pagesOf(many)).toEqual([
    [512, 15, 289],
    [0, 3, 1024],
  ]);
});

test('a window that saves nothing counts as none', () => {
  const config = model([see(4000), see(0), see(9000)]);
  expect(pagesOf(planCache({ ...sizes, config }, Number.POSITIVE_INFINITY))).toEqual([[0, 3, 1024]]);
});

test('a short convolution keeps a row of f32 for each position, whatever the type of the cache', () => {
  const config = model([undefined, see(0)], { convolved: 3 });
  const groups = planCache({ ...sizes, config, kv: 'q8_0' }, Number.POSITIVE_INFINITY)!;
  expect(pagesOf(groups)).toEqual([
    [3, 1, 4 * 2 * 4 + 9],
    [0, 1, 1024],
  ]);
  const bytes = 41 * PAGE_SIZE * 512 * 4 + 1024 * PAGE_SIZE * 2 * 8 * (64 + 8);
  expect(cacheBytes({ ...sizes, config, kv: 'q8_0' }, groups)).toBe(bytes);
});

test('where memory is tight values are rounded first, then the context is shortened; where it is not, neither', () => {
  const plan = (budgetBytes: number, more = {}) => {
    const { kv, contextLength } = planMemory({
      ...{ config: plain, weightsBytes: 0, maxRows: 128, slots: 4, contextLength: 8192, budgetBytes },
      ...more,
    });
    return { kv, contextLength };
  };
  // A context takes 512 MiB in f32, 256 in f16, 144 in q8_0
  expect(plan(300 * MiB)).toEqual({ kv: 'f16', contextLength: 8192 });
  expect(plan(200 * MiB)).toEqual({ kv: 'q8_0', contextLength: 8192 });
  expect(plan(100 * MiB)).toEqual({ kv: 'q8_0', contextLength: 4096 });
  expect(plan(200 * MiB, { kv: 'f16' })).toEqual({ kv: 'f16', contextLength: 4096 });
  expect(() => plan(200 * MiB, { canShrink: false })).toThrow('Raise the memory cap');
  expect(plan(200 * MiB, { contextLength: 512 })).toEqual({ kv: 'f32', contextLength: 512 });
});
