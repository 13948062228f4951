import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { LaneUse } from './lane-use.ts';
import type { Chunk, StepPlan } from './schedule.ts';
import { soloSequence } from './sequence.ts';

function chunk(lane: 'interactive' | 'bulk' | 'guest', rows: number): Chunk {
  const sequence = { ...soloSequence([1]), lane };
  return { sequence, epoch: 0, firstPosition: 0, rows, isOutput: true };
}

const step = (decodes: Chunk[], prefills: Chunk[] = []): StepPlan => ({ decodes, prefills });

test("a step's time is shared out by rows, and is a share of ten seconds", () => {
  const use = new LaneUse(fakeClock());
  use.add(step([chunk('interactive', 1)], [chunk('bulk', 3)]), 1000);
  use.add(step([chunk('interactive', 1)]), 500);
  expect(use.shares).toEqual({ interactive: 0.075, bulk: 0.075, guest: 0 });
});

test('what is longer ago than ten seconds no longer counts', async () => {
  const clock = fakeClock();
  const use = new LaneUse(clock);
  use.add(step([chunk('guest', 2)]), 2000);
  await clock.advance(9_000);
  expect(use.shares.guest).toBe(0.2);
  await clock.advance(1_000);
  expect(use.shares.guest).toBe(0);
});
