import { expect, test } from 'vitest';
import { FakeTime } from '../../test/fakes/time.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import { ProgressMeter } from './progress-meter.ts';

function metered() {
  const time = new FakeTime();
  const parts: DownloadProgress[] = [];
  return { time, parts, meter: new ProgressMeter('m', time, (part) => parts.push(part)) };
}

test('ten parts a second at most, and the last one always', () => {
  const { time, parts, meter } = metered();
  for (let ms = 0; ms < 1000; ms += 5) {
    meter.update('downloading', ms, 1000);
    time.pass(5);
  }
  expect(parts).toHaveLength(10);
  meter.update('downloading', 1000, 1000);
  meter.update('downloading', 1000, 1000);
  expect(parts.at(-1)!.receivedBytes).toBe(1000);
});

test('the speed is that of the last seconds', () => {
  const { time, parts, meter } = metered();
  let bytes = 500;
  for (let i = 0; i < 100; i++) {
    meter.update('downloading', bytes, 1e9);
    time.pass(100);
    bytes += i < 50 ? 1_000 : 100;
  }
  expect(parts[0]!.bytesPerSecond).toBe(0);
  expect(parts[40]!.bytesPerSecond).toBe(10_000);
  expect(parts.at(-1)!.bytesPerSecond).toBe(1_000);
});

test('a new phase is told at once and measures its own speed', () => {
  const { time, parts, meter } = metered();
  meter.update('verifying', 0, 100);
  time.pass(10);
  meter.update('verifying', 50, 100);
  meter.update('downloading', 50, 100);
  time.pass(100);
  meter.update('downloading', 60, 100);
  expect(parts.map(({ phase, bytesPerSecond }) => [phase, bytesPerSecond])).toEqual([
    ['verifying', 0],
    ['downloading', 0],
    ['downloading', 100],
  ]);
});
