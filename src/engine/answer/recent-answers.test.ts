import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { RecentAnswers } from './recent-answers.ts';

function stage() {
  const clock = fakeClock();
  const recent = new RecentAnswers(clock);
  const add = (origin: string, isPrivate = false, completionTokens = 11) =>
    recent.add(
      {
        model: undefined,
        prompt: { kind: 'text', text: 'secret' },
        maxTokens: undefined,
        sampling: GREEDY,
        stop: [],
        origin,
        lane: 'interactive',
        isPrivate,
      },
      {
        model: 'm',
        finishReason: 'stop',
        usage: { promptTokens: 7, completionTokens, cachedTokens: 2 },
        timings: { queuedMs: 5, prefillMs: 20, decodeMs: completionTokens > 1 ? 500 : 0 },
      },
    );
  return { clock, recent, add };
}

test('an answer is its times and numbers, and nothing of what was said', async () => {
  const { clock, recent, add } = stage();
  add('https://a.example');
  await clock.advance(3_000);
  expect(recent.list()).toEqual([
    {
      model: 'm',
      origin: 'https://a.example',
      lane: 'interactive',
      agoMs: 3_000,
      promptTokens: 7,
      cachedTokens: 2,
      completionTokens: 11,
      firstTokenMs: 25,
      tokensPerSecond: 20,
    },
  ]);
});

test('an answer of one token has no rate', () => {
  const { recent, add } = stage();
  add('https://a.example', false, 1);
  expect(recent.list()[0]!.tokensPerSecond).toBe(0);
});

test('the last twenty are kept, none of private windows, and none of a site that was stopped', () => {
  const { recent, add } = stage();
  add('https://first.example');
  add('https://private.example', true);
  for (let i = 0; i < 19; i++) add('https://b.example');
  expect(recent.list().at(-1)!.origin).toBe('https://first.example');
  add('https://b.example');
  expect(recent.list()).toHaveLength(20);
  expect(recent.list().map(({ origin }) => origin)).not.toContain('https://first.example');
  add('https://a.example');
  recent.forget('https://b.example');
  expect(recent.list().map(({ origin }) => origin)).toEqual(['https://a.example']);
});
