import { expect, test } from 'vitest';
import { fakeClock } from '../../test/fakes/clock.ts';
import { deferred } from '../channel/deferred.ts';
import { watched } from './watched.ts';

test('long work is waited for as long as there are signs of life', async () => {
  const clock = fakeClock();
  const work = deferred<number>();
  let pings = 0;
  const result = watched(work.promise, async () => void pings++, clock);
  await clock.advance(100_000);
  work.resolve(7);
  expect(await result).toBe(7);
  const before = pings;
  expect(before).toBeGreaterThan(2);
  await clock.advance(100_000);
  expect(pings).toBe(before);
});

test('work of somebody who gives none any more fails', async () => {
  const clock = fakeClock();
  let isAlive = true;
  const result = watched(
    new Promise(() => {}),
    () => (isAlive ? Promise.resolve() : new Promise(() => {})),
    clock,
  );
  const failure = expect(result).rejects.toMatchObject({ code: 'gone' });
  await clock.advance(60_000);
  isAlive = false;
  await clock.advance(60_000);
  await failure;
});

test('the failure of the work is its own', async () => {
  const result = watched(Promise.reject(new Error('mine')), async () => {}, fakeClock());
  await expect(result).rejects.toThrow('mine');
});
