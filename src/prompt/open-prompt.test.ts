import { expect, test } from 'vitest';
import { questions } from '../../test/fakes/screen-scenes.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import type { Caller } from '../ui/caller.ts';
import { openPrompt } from './open-prompt.ts';

const settle = () => new Promise(setImmediate);

function stage({ id = 'plain', isStorageBroken = false } = {}) {
  const answers: unknown[] = [];
  let closed = 0;
  const engine: Caller<ScreenCalls> = async (name, input) => {
    if (name === 'answer') return void answers.push(input) as never;
    const question = questions[(input as { question: string }).question];
    if (!question) throw new HearthError('not-found', 'This question has been answered.');
    return question as never;
  };
  const background: Caller<BackgroundCalls> = async () => {
    if (isStorageBroken) throw new HearthError('internal', 'Storage is broken.');
    return DEFAULT_SETTINGS as never;
  };
  const prompt = openPrompt({ id, engine, background, close: () => closed++ });
  return { answers, closed: () => closed, prompt };
}

test('the question comes with the caps that will bind the site', async () => {
  const { prompt } = stage();
  await settle();
  expect(prompt.state.value).toEqual({
    kind: 'asking',
    question: questions.plain,
    caps: DEFAULT_SETTINGS.caps,
  });
});

test('caps that cannot be read do not keep the user from answering', async () => {
  const { prompt } = stage({ isStorageBroken: true });
  await settle();
  expect(prompt.state.value).toMatchObject({ kind: 'asking', caps: undefined });
});

test('two answers in a row count once, and the window closes', async () => {
  const { answers, closed, prompt } = stage();
  await settle();
  await Promise.all([prompt.answer('block'), prompt.answer('allow')]);
  expect(answers).toEqual([{ question: 'plain', answer: 'block' }]);
  expect(closed()).toBeGreaterThan(0);
});

test('a question that is gone says so', async () => {
  const { prompt } = stage({ id: 'unknown' });
  await settle();
  expect(prompt.state.value).toEqual({ kind: 'over', sentence: 'This question has been answered.' });
});
