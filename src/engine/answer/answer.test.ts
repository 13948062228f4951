import { expect, test } from 'vitest';
import { GREEDY } from '../../protocol/generate.ts';
import { Answer, type RunRequest } from './answer.ts';

const CONTEXT = 20;

/** An answer whose tokens are 100, 101 and so on, and what became of it. */
function answering(request: Partial<RunRequest>) {
  const ends: string[] = [];
  const texts: number[][] = [];
  const answer = new Answer(
    1,
    {
      ...{ ids: [1, 2, 3, 4, 5, 6, 7, 8], maxTokens: 100, sampling: { ...GREEDY, seed: 7 }, stop: [] },
      ...{ origin: 'https://a.example', lane: 'interactive' },
      ...request,
    },
    CONTEXT,
    { now: () => 0 } as ConstructorParameters<typeof Answer>[3],
    new Set(),
  );
  answer.onEnd = (reason) => ends.push(reason);
  answer.onChange = (change) => {
    change();
    texts.push([...answer.sequence.tokens]);
  };
  let next = 100;
  const take = (count: number) => {
    for (let i = 0; i < count && ends.length === 0; i++)
      answer.take({ free: { id: next++, logprob: undefined } });
  };
  return { answer, ends, texts, take };
}

test('an answer ends where the context does', () => {
  const { answer, ends, texts, take } = answering({});
  take(50);
  expect(ends).toEqual(['length']);
  expect(texts).toEqual([]);
  expect(answer.usage).toMatchObject({ promptTokens: 8, completionTokens: 12 });
});

test('with a shift the older half behind the first tokens goes, as often as it takes, and the count goes on', () => {
  const { answer, ends, texts, take } = answering({ shift: { keepTokens: 4 }, maxTokens: 30 });
  take(50);
  expect(ends).toEqual(['length']);
  expect(texts).toEqual([
    [1, 2, 3, 4, 104, 105, 106, 107, 108, 109, 110, 111],
    [1, 2, 3, 4, 112, 113, 114, 115, 116, 117, 118, 119],
    [1, 2, 3, 4, 120, 121, 122, 123, 124, 125, 126, 127],
  ]);
  expect(answer.usage).toMatchObject({ promptTokens: 8, completionTokens: 30 });
});

test('what is left of the prompt is known as such, and chances do not come again', () => {
  const { answer, take } = answering({
    shift: { keepTokens: 2 },
    ids: Array.from({ length: 16 }, (_, i) => i),
  });
  take(4);
  // Nine of 18 go, all of the prompt
  expect(answer.sequence).toMatchObject({ promptLength: 7, maxLength: CONTEXT, sampling: { seed: 8 } });
  expect(answer.sequence.tokens).toEqual([0, 1, 11, 12, 13, 14, 15, 100, 101, 102, 103]);
});

test('a shift for the last token is not made', () => {
  const { ends, texts, take } = answering({ shift: { keepTokens: 0 }, maxTokens: 12 });
  take(12);
  expect(ends).toEqual(['length']);
  expect(texts).toEqual([]);
});
