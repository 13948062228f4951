import { expect, test } from 'vitest';
import type { SamplingOptions } from '../protocol/generate.ts';
import { completionOf } from './completion.ts';

const SAMPLING: SamplingOptions = {
  temperature: 0.7,
  topK: 40,
  topP: 0.9,
  minP: 0.05,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 11,
};

/** Two tokens of prompt, then an answer of three. */
const completion = (sampling: Partial<SamplingOptions>, tokens = [8, 9, 5, 6, 5]) =>
  completionOf({
    id: 1,
    tokens: Uint32Array.from(tokens),
    promptLength: 2,
    sampling: { ...SAMPLING, ...sampling },
  });

test('asks for one token after exactly these, drawn in our order', () => {
  expect(completion({})).toMatchObject({
    prompt: '0000800009000050000600005',
    max_tokens: 1,
    samplers: ['penalties', 'temperature', 'top_k', 'top_p', 'min_p'],
    temperature: 0.7,
    top_k: 40,
    top_p: 0.9,
    min_p: 0.05,
  });
});

test('frequency and presence count over the answer alone', () => {
  expect(completion({ frequencyPenalty: 0.5, presencePenalty: 0.25 })).toMatchObject({
    repeat_last_n: 3,
    frequency_penalty: 0.5,
    presence_penalty: 0.25,
  });
});

test('repetition counts over prompt and answer, and the others beside it over the answer still', () => {
  const both = completion({ repetitionPenalty: 1.2, frequencyPenalty: 0.5, presencePenalty: 0.25 });
  expect(both).toMatchObject({
    repeat_last_n: 5,
    repeat_penalty: 1.2,
    logit_bias: [
      [5, -1.25],
      [6, -0.75],
    ],
  });
  expect(both).not.toHaveProperty('frequency_penalty');
});

test('each seed and position has a seed of its own, the same every time', () => {
  const seeds = [0, 1, 2].flatMap((seed) =>
    [1, 2, 3, 4].map((length) => completion({ seed }, new Array(length).fill(5)).seed),
  );
  expect(new Set(seeds).size).toBe(12);
  expect(completion({ seed: 2 }, [5, 5, 5]).seed).toBe(seeds[10]);
  for (const seed of seeds) {
    expect(seed).toBeGreaterThanOrEqual(0);
    // The one that means "any"
    expect(seed).toBeLessThan(0xffff_ffff);
  }
});

test('biases go in as they are, beside those that stand for penalties', () => {
  const bias: [number, number][] = [[7, -100]];
  expect(completion({ bias })).toMatchObject({ logit_bias: bias });
  expect(completion({ bias, repetitionPenalty: 2, presencePenalty: 1 }, [5]).logit_bias).toContainEqual([
    7, -100,
  ]);
});
