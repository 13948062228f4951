import { expect, test } from 'vitest';
import { createClickGuard, GUARD_MS } from './click-guard.ts';

const settle = () => new Promise(setImmediate);

test('answers are taken only when the wait since the last restart is over', async () => {
  const waits: { ms: number; end: () => void }[] = [];
  const guard = createClickGuard((ms) => new Promise<void>((end) => waits.push({ ms, end })));
  expect(guard.isOpen.value).toBe(false);

  guard.restart();
  waits[0]!.end();
  await settle();
  expect(guard.isOpen.value).toBe(false);

  waits[1]!.end();
  await settle();
  expect(guard.isOpen.value).toBe(true);
  expect(waits.map(({ ms }) => ms)).toEqual([GUARD_MS, GUARD_MS]);

  guard.restart();
  expect(guard.isOpen.value).toBe(false);
});
