import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { Governor } from './governor.ts';

test.each([0.25, 0.6, 1])('busy time stays at a share of %d', async (share) => {
  const clock = fakeClock();
  const governor = new Governor(clock);
  governor.share = share;
  let busyMs = 0;
  const work = (async () => {
    while (clock.now() < 10_000) {
      await governor.permit();
      await new Promise<void>((resolve) => clock.after(10, resolve));
      busyMs += 10;
      governor.pay(10);
    }
  })();
  for (let i = 0; i < 2_000; i++) await clock.advance(10);
  await work;
  expect(busyMs / 10_000).toBeGreaterThan(share - 0.02);
  expect(busyMs / 10_000).toBeLessThan(share + 0.02);
});

test('a lowered share holds from the next step on', async () => {
  const clock = fakeClock();
  const governor = new Governor(clock);
  governor.pay(100);
  governor.share = 0.1;
  let isPermitted = false;
  void governor.permit().then(() => (isPermitted = true));
  await clock.advance(400);
  expect(isPermitted).toBe(false);
  await clock.advance(200);
  expect(isPermitted).toBe(true);
});

test('models that have steps to run know of each other', () => {
  const governor = new Governor(fakeClock());
  const leave = [governor.enter(), governor.enter()];
  expect(governor.isShared).toBe(true);
  leave[0]!();
  expect(governor.isShared).toBe(false);
  leave[1]!();
  expect(governor.isShared).toBe(false);
});
