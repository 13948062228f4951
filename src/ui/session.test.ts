import { expect, test } from 'vitest';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import { busyStatus } from '../../test/fakes/screen-scenes.ts';
import type { Caller } from './caller.ts';
import { openSession } from './session.ts';

/** An engine whose life the test holds, and a clock that stands still until it is told to go on. */
function stage() {
  const lives: { say: () => void; die: () => void }[] = [];
  const waits: { ms: number; end: () => void }[] = [];
  const openEngine = (): Caller<ScreenCalls> => (name, _input, options) => {
    if (name !== 'watch') return Promise.resolve({ stopped: 1 } as never);
    return new Promise<never>((_, reject) => {
      lives.push({
        say: () => options?.onPart?.(busyStatus as never),
        die: () => reject(new HearthError('gone', 'The engine went away.')),
      });
    });
  };
  const background: Caller<BackgroundCalls> = () => Promise.resolve(undefined as never);
  const wait = (ms: number) => new Promise<void>((end) => waits.push({ ms, end }));
  return { lives, waits, session: openSession({ background, openEngine, wait }) };
}

const settle = () => new Promise(setImmediate);

test('a screen learns the status as soon as the engine says it', async () => {
  const { lives, session } = stage();
  await settle();
  expect(session.status.value).toBeUndefined();
  lives[0]!.say();
  expect(session.status.value).toEqual(busyStatus);
});

test('an engine that goes away is called again, and the screen knows nothing meanwhile', async () => {
  const { lives, waits, session } = stage();
  await settle();
  lives[0]!.say();
  lives[0]!.die();
  await settle();
  expect(session.status.value).toBeUndefined();
  expect(session.trouble.value).toBeUndefined();

  waits[0]!.end();
  await settle();
  lives[1]!.say();
  expect(session.status.value).toEqual(busyStatus);
});

test('trouble is told after a second failure in a row, waits grow, and an answer ends it', async () => {
  const { lives, waits, session } = stage();
  for (let i = 0; i < 6; i++) {
    await settle();
    lives[i]!.die();
    await settle();
    waits[i]!.end();
  }
  expect(waits.map(({ ms }) => ms)).toEqual([250, 500, 1000, 2000, 4000, 4000]);
  expect(session.trouble.value).toMatch(/does not answer/);

  await settle();
  lives[6]!.say();
  expect(session.trouble.value).toBeUndefined();
});

test('a call made while the engine is gone is answered by the next one', async () => {
  const { lives, waits, session } = stage();
  await settle();
  lives[0]!.die();
  await settle();
  const stopped = session.engine('stop', { origin: undefined });
  waits[0]!.end();
  expect(await stopped).toEqual({ stopped: 1 });
});
