import { describe, expect, test } from 'vitest';
import { Metadata } from '../gguf/metadata.ts';
import type { GgufValue } from '../gguf/values.ts';
import { type Experts, hasExperts, readExperts } from './expert-config.ts';
import { FamilyMetadata } from './family-metadata.ts';
import { gptOss } from './gpt-oss.ts';
import { llama } from './llama.ts';
import { llama4 } from './llama4.ts';
import { qwen2 } from './qwen2.ts';
import { qwen2moe } from './qwen2moe.ts';
import { qwen3moe } from './qwen3moe.ts';

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const f32 = (value: number): GgufValue => ({ type: 'float32', value });
const SIZES = { expert_count: u32(8), expert_used_count: u32(2) };

function experts(family: typeof llama, entries: Record<string, GgufValue>): Experts | undefined {
  const prefixed = Object.entries(entries).map(([key, value]) => [`${family.name}.${key}`, value] as const);
  return readExperts(family, new FamilyMetadata(new Metadata(new Map(prefixed)), family.name), 64);
}

describe('what a family means and its files do not say', () => {
  test.each([
    { family: llama, has: { gating: 'softmax', renormalizes: true, activation: 'silu' } },
    { family: qwen2moe, has: { gating: 'softmax', renormalizes: false, weighsInput: false } },
    { family: qwen3moe, has: { gating: 'softmax', renormalizes: true } },
    { family: gptOss, has: { gating: 'softmax', renormalizes: true, activation: 'clamped' } },
    { family: llama4, has: { gating: 'sigmoid', renormalizes: false, weighsInput: true } },
  ])('$family.name', ({ family, has }) => {
    expect(experts(family, SIZES)).toMatchObject({
      count: 8,
      used: 2,
      ffn: 64,
      sharedFfn: 64,
      scale: 1,
      ...has,
    });
  });
});

test('a file may say more', () => {
  const more = {
    expert_feed_forward_length: u32(24),
    expert_shared_feed_forward_length: u32(48),
    expert_weights_scale: f32(2.5),
    expert_weights_norm: { type: 'bool', value: true } as const,
    expert_gating_func: u32(2),
    leading_dense_block_count: u32(1),
    interleave_moe_layer_step: u32(2),
  };
  const read = experts(qwen2moe, { ...SIZES, ...more });
  expect(read).toMatchObject({
    ffn: 24,
    sharedFfn: 48,
    scale: 2.5,
    renormalizes: true,
    gating: 'sigmoid',
  });
  expect([0, 1, 2, 3].map((block) => hasExperts({ experts: read }, block))).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test('a file without experts has none, nor has a family without', () => {
  expect(experts(llama, {})).toBeUndefined();
  expect(experts(llama, { expert_count: u32(0) })).toBeUndefined();
  expect(experts(qwen2, SIZES)).toBeUndefined();
  expect(hasExperts({ experts: undefined }, 0)).toBe(false);
});

test.each<{ why: string; entries: Record<string, GgufValue>; says: string }>([
  {
    why: 'more experts of a row than there are',
    entries: { expert_used_count: u32(9) },
    says: 'is 9, not from 1 to 8',
  },
  {
    why: 'a hundred experts of a row',
    entries: { expert_count: u32(512), expert_used_count: u32(100) },
    says: 'is 100, not from 1 to 64',
  },
  {
    why: 'experts in groups',
    entries: { expert_group_count: u32(4) },
    says: '"qwen3moe.expert_group_count" is 4',
  },
  {
    why: 'another way to weigh',
    entries: { expert_gating_func: u32(4) },
    says: '"qwen3moe.expert_gating_func" is 4',
  },
  { why: 'weights of less than nothing', entries: { expert_weights_scale: f32(-1) }, says: 'weigh -1 times' },
  { why: 'a number for yes or no', entries: { expert_weights_norm: u32(1) }, says: 'neither true nor false' },
  { why: 'a million experts', entries: { expert_count: u32(1e6) }, says: 'is 1000000, not from 0' },
])('$why: refused by name', ({ entries, says }) => {
  expect(() => experts(qwen3moe, { ...SIZES, ...entries })).toThrow(says);
});
