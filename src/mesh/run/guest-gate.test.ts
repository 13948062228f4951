import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import { GuestGate } from './guest-gate.ts';

/** GPU time that guests get of `ms`, in steps of 20 ms. */
function given(ms: number, caps: { isSharing?: boolean; gpuShare?: number }, isOwnerBusy = false): number {
  const clock = new ManualClock();
  const gate = new GuestGate(
    clock,
    () => ({ isSharing: true, gpuShare: 1, memoryBytes: 1, ...caps }),
    () => isOwnerBusy,
  );
  let busyMs = 0;
  while (clock.now() < ms) {
    const waitMs = gate.waitMs();
    if (waitMs > 0) {
      clock.go(Math.min(waitMs, ms - clock.now()));
      continue;
    }
    clock.go(20);
    gate.pay(20);
    busyMs += 20;
  }
  return busyMs;
}

describe('the lane of guests', () => {
  test('takes the share that the owner gives', () => {
    expect(given(10_000, { gpuShare: 0.5 }) / 10_000).toBeCloseTo(0.5, 1);
    expect(given(10_000, { gpuShare: 0.2 }) / 10_000).toBeCloseTo(0.2, 1);
    expect(given(10_000, { gpuShare: 1 })).toBe(10_000);
  });

  test('takes less than a tenth while the owner is at work', () => {
    expect(given(10_000, { gpuShare: 1 }, true) / 10_000).toBeLessThan(0.11);
    expect(given(10_000, { gpuShare: 0.02 }, true) / 10_000).toBeLessThan(0.04);
  });

  test('is closed while nothing is shared', () => {
    const gate = new GuestGate(
      new ManualClock(),
      () => ({ isSharing: false, gpuShare: 1, memoryBytes: 1 }),
      () => false,
    );
    gate.pay(1_000);
    expect(gate.waitMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
