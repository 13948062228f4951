import { expect, test } from 'vitest';
import { runScenario } from './sim/scenario.ts';

/** Thousands more by `npm run mesh:sim`. */
const SEEDS = 200;

test('rooms under every kind of fault give no wrong, lost or doubled token, and every request ends', async () => {
  let answered = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const outcome = await runScenario(seed);
    expect(outcome.broken, `seed ${seed}: npm run mesh:sim -- --seed ${seed}`).toEqual([]);
    answered += outcome.answered;
  }
  // Or the faults would have proved nothing
  expect(answered).toBeGreaterThan(SEEDS);
}, 120_000);

test('a seed is replayed exactly', async () => {
  const [first, again] = [await runScenario(7), await runScenario(7)];
  expect(again.trace).toEqual(first.trace);
  expect(first.trace.length).toBeGreaterThan(10);
});
