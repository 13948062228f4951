import { describe, expect, test } from 'vitest';
import { GREEDY } from '../protocol/generate.ts';
import { drafterOf } from './drafter.ts';
import type { Model } from './model.ts';

interface Fake {
  tokens?: string[];
  contextLength?: number;
  says?: number[];
  fails?: boolean;
}

const WORDS = ['a', 'b', 'c', 'd'];

/** As much of a model as drafting asks for. */
function modelOf({ tokens = WORDS, contextLength = 10, says = [], fails = false }: Fake = {}) {
  const asked: { ids: number[]; maxTokens: number }[] = [];
  const model = {
    asked,
    contextLength,
    file: {
      config: { name: 'fake', vocab: tokens.length },
      tokenizer: { size: tokens.length, tokenText: (id: number) => tokens[id]!, kind: () => 'normal' },
    },
    async draft(request: (typeof asked)[number], send: (part: { ids: number[] }) => Promise<void>) {
      asked.push(request);
      await send({ ids: says.slice(0, request.maxTokens) });
      if (fails) throw new Error('lost');
    },
  };
  return model as typeof model & Model;
}

const asked = { sampling: GREEDY, origin: 'a', lane: 'interactive' } as const;
const signal = new AbortController().signal;

describe('a model drafts for another one', () => {
  test('with what it says itself, as far as its own context goes', async () => {
    const draft = modelOf({ says: [1, 2, 3, 1] });
    const drafter = drafterOf(draft, modelOf({ contextLength: 100 }), asked, () => true);
    expect(await drafter.draft([1, 2], 3, signal)).toEqual([1, 2, 3]);
    expect(await drafter.draft([0, 1, 2, 3, 0, 1, 2, 3], 3, signal)).toEqual([1, 2]);
    expect(await drafter.draft([0, 1, 2, 3, 0, 1, 2, 3, 0, 1], 3, signal)).toEqual([]);
    expect(draft.asked).toMatchObject([{ ids: [1, 2], maxTokens: 3 }, { maxTokens: 2 }]);
  });

  test('whose vocabulary is filled up further than the other one’s', async () => {
    const filled = [...WORDS, 'unused', 'unused too'];
    const more = drafterOf(modelOf({ tokens: filled, says: [1, 5, 2] }), modelOf(), asked, () => true);
    expect(await more.draft([0], 3, signal)).toEqual([1]);
    const fewer = drafterOf(modelOf({ says: [1] }), modelOf({ tokens: filled }), asked, () => true);
    expect(await fewer.draft([5], 3, signal)).toEqual([]);
  });

  test.each([
    { why: 'other tokens', tokens: ['a', 'b', 'd', 'c'] },
    { why: 'no tokens', tokens: [] },
  ])('but not if it has $why', ({ tokens }) => {
    expect(() => drafterOf(modelOf({ tokens }), modelOf(), asked, () => true)).toThrow(
      /do not have the same tokens/,
    );
  });

  test('until it is gone or fails, which harms nobody', async () => {
    let isLoaded = true;
    const drafter = drafterOf(modelOf({ says: [1] }), modelOf(), asked, () => isLoaded);
    expect(await drafter.draft([0], 1, signal)).toEqual([1]);
    isLoaded = false;
    expect(await drafter.draft([0], 1, signal)).toEqual([]);
    const lost = drafterOf(modelOf({ says: [1], fails: true }), modelOf(), asked, () => true);
    expect(await lost.draft([0], 1, signal)).toEqual([]);
  });
});
