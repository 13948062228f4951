import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../protocol/models.ts';
import { MEMORY_BYTES_RANGE } from '../protocol/settings.ts';
import { describeMemory, describeShare, explainMemory, explainShare, memoryStops } from './caps.ts';

const GB = 2 ** 30;
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const model = (name: string, memoryBytes: number | undefined) => ({ name, memoryBytes }) as ModelInfo;

test('the sliders say what they mean', () => {
  expect(spaced(describeShare(60))).toBe('60 % of this GPU');
  expect(spaced(describeMemory(6 * GB, 24 * GB))).toBe('6.0 GB of 24 GB');
  expect(spaced(explainShare(60))).toMatch(/at most 600 milliseconds/);
  expect(explainShare(100)).toMatch(/as fast as/);
});

describe('the memory slider names what fits', () => {
  const models = [model('Small', GB), model('Large', 5 * GB), model('Unknown', undefined)];
  test.each([
    [GB / 2, 'None of 2 listed models fits.'],
    [GB, '1 of 2 listed models fit, up to Small.'],
    [6 * GB, 'All 2 listed models fit, up to Large.'],
  ])('%d bytes', (cap, text) => expect(explainMemory(cap, models)).toBe(text));
});

test('whatever the machine, the slider has whole stops that a hand can set, within what settings take', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 ** 42, noNaN: true }), (machine) => {
      const { min, max, step } = memoryStops(machine);
      expect(min % step).toBe(0);
      expect(max % step).toBe(0);
      expect((max - min) / step).toBeLessThanOrEqual(128);
      expect(min).toBeGreaterThanOrEqual(MEMORY_BYTES_RANGE.min);
      expect(max).toBeLessThanOrEqual(MEMORY_BYTES_RANGE.max);
      expect(max).toBeGreaterThanOrEqual(min);
      if (machine >= min) expect(max).toBeLessThanOrEqual(machine);
    }),
  );
});
