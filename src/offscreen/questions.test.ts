import { expect, test, vi } from 'vitest';
import { deferred } from '../channel/deferred.ts';
import { MAX_DISMISSALS, MAX_QUESTIONS } from '../protocol/limits.ts';
import type { Question } from '../protocol/screen-calls.ts';
import { Questions } from './questions.ts';

const never = new AbortController().signal;
const about = (origin: string) => async (): Promise<Question> => ({
  origin,
  isRemembered: true,
  hasOwn: false,
  wants: 'models',
  models: [],
});

function open(openPrompt: (id: string) => Promise<void> = async () => {}) {
  const windows: string[] = [];
  const late = deferred<void>();
  const closePrompt = vi.fn(async () => {});
  let lastId = 0;
  const questions = new Questions({
    openPrompt: (id) => {
      windows.push(id);
      return openPrompt(id);
    },
    closePrompt,
    wait: () => late.promise,
    newId: () => `q${++lastId}`,
  });
  return { questions, windows, closePrompt, late };
}

/** Lets what has been asked get as far as it can. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('everybody who asks by the same key gets the one answer', async () => {
  const { questions, windows } = open();
  const answers = [1, 2, 3].map(() => questions.ask('a', about('a'), never));
  await settle();
  expect(windows).toEqual(['q1']);
  expect(questions.show('q1')).toEqual({
    origin: 'a',
    isRemembered: true,
    hasOwn: false,
    wants: 'models',
    models: [],
  });

  questions.answer('q1', 'allow');
  expect(await Promise.all(answers)).toEqual(['allow', 'allow', 'allow']);
});

test('an answered question is over', async () => {
  const { questions } = open();
  void questions.ask('a', about('a'), never);
  await settle();
  questions.answer('q1', 'once');
  expect(() => questions.answer('q1', 'allow')).toThrow(/has been answered/);
  expect(() => questions.show('q1')).toThrow(/has been answered/);
});

test('a window that closes after its answer dismisses nothing', async () => {
  const { questions } = open();
  const answer = questions.ask('a', about('a'), never);
  await settle();
  questions.answer('q1', 'allow');
  questions.closed('q1');
  expect(await answer).toBe('allow');
});

test('a window that never showed its question dismisses it, one that did may stay as long as it likes', async () => {
  const { questions, late } = open();
  const [unseen, seen] = [questions.ask('a', about('a'), never), questions.ask('b', about('b'), never)];
  await settle();
  questions.show('q2');
  late.resolve();
  expect(await unseen).toBe('dismiss');
  questions.answer('q2', 'once');
  expect(await seen).toBe('once');
});

test('a window that cannot be opened fails the question', async () => {
  const { questions } = open(async () => {
    throw new Error('no windows here');
  });
  await expect(questions.ask('a', about('a'), never)).rejects.toThrow('no windows here');
});

test('one who leaves is not waited for; when all have left the window closes', async () => {
  const { questions, closePrompt } = open();
  const [one, two] = [new AbortController(), new AbortController()];
  const asked = [one, two].map(({ signal }) => questions.ask('a', about('a'), signal));
  await settle();

  one.abort(new Error('left'));
  await expect(asked[0]).rejects.toThrow('left');
  expect(closePrompt).not.toHaveBeenCalled();

  two.abort(new Error('left too'));
  await expect(asked[1]).rejects.toThrow('left too');
  expect(closePrompt).toHaveBeenCalledWith('q1');
});

test('a site that was sent away too often is not asked about, whatever its key; an answer forgives', async () => {
  const { questions, windows } = open();
  const dismiss = async (key: string) => {
    const answer = questions.ask(key, about('null'), never);
    await settle();
    questions.answer(windows.at(-1)!, 'dismiss');
    return answer;
  };
  for (let i = 1; i < MAX_DISMISSALS; i++) await dismiss(`frame ${i}`);
  const forgiven = questions.ask('frame', about('null'), never);
  await settle();
  questions.answer(windows.at(-1)!, 'once');
  await forgiven;

  for (let i = 0; i < MAX_DISMISSALS; i++) await dismiss(`frame ${i}`);
  await expect(questions.ask('yet another', about('null'), never)).rejects.toMatchObject({
    code: 'not-allowed',
  });
});

test('no more questions wait than the limit', async () => {
  const { questions } = open();
  for (let i = 0; i < MAX_QUESTIONS; i++) void questions.ask(`${i}`, about(`${i}`), never);
  await settle();
  await expect(questions.ask('one more', about('one more'), never)).rejects.toMatchObject({ code: 'busy' });
});
