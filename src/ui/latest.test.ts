import { expect, test } from 'vitest';
import { latest } from './latest.ts';

test('what comes while a save is under way is skipped but for the last', async () => {
  const saved: number[] = [];
  const ends: (() => void)[] = [];
  const save = latest((value: number) => {
    saved.push(value);
    return new Promise<void>((end) => ends.push(end));
  });

  for (const value of [1, 2, 3, 4]) save(value);
  expect(saved).toEqual([1]);
  ends[0]!();
  await new Promise(setImmediate);
  expect(saved).toEqual([1, 4]);
  ends[1]!();
  await new Promise(setImmediate);
  save(5);
  expect(saved).toEqual([1, 4, 5]);
});
