import { expect, test } from 'vitest';
import { timeRepeated } from './timing.ts';

/** What takes `ms` each time, by a clock that only knows steps of `tick`. */
function work(ms: number, tick: number) {
  const asked: number[] = [];
  const run = async (repeats: number) => {
    asked.push(repeats);
    return Math.round((repeats * ms) / tick) * tick;
  };
  return { asked, run };
}

test.each([
  { why: 'a kernel far shorter than the clock can tell', ms: 0.0021, tick: 0.1 },
  { why: 'one a little shorter', ms: 0.07, tick: 0.1 },
  { why: 'one that takes long', ms: 37, tick: 0.1 },
])('$why is timed to within 2 %', async ({ ms, tick }) => {
  const { run } = work(ms, tick);
  const measured = await timeRepeated(run, 1e6);
  expect(Math.abs(measured / ms - 1)).toBeLessThan(0.02);
});

test('it never repeats more often than it may, even what takes no time at all', async () => {
  const { asked, run } = work(0, 0.1);
  expect(await timeRepeated(run, 500)).toBe(0);
  expect(Math.max(...asked)).toBe(500);
});

test('what takes long is run no more often than need be', async () => {
  const { asked, run } = work(400, 0.1);
  await timeRepeated(run, 500);
  expect(asked).toEqual([1, 1, 1, 1]);
});
