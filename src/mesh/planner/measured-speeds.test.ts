import { expect, test } from 'vitest';
import { seeded } from '../../../test/fakes/lossy-channels.ts';
import { MeasuredSpeeds } from './measured-speeds.ts';

test('a line over the rows is found through noise', () => {
  const random = seeded(4);
  const measured = new MeasuredSpeeds();
  for (let i = 0; i < 200; i++) {
    const rows = i % 3 === 0 ? 31 : 1 + (i % 4);
    measured.add('a', 5, rows, 5 * (0.4 + 0.02 * rows) * (0.95 + 0.1 * random()));
  }
  const [{ model, msPerLayer, msPerLayerRow }] = measured.speeds as [(typeof measured.speeds)[0]];
  expect(model).toBe('a');
  expect(msPerLayer).toBeCloseTo(0.4, 1);
  expect(msPerLayerRow).toBeCloseTo(0.02, 2);
});

test('steps of one row alone still say what one takes', () => {
  const measured = new MeasuredSpeeds();
  for (let i = 0; i < 10; i++) measured.add('a', 4, 1, 8);
  const [{ msPerLayer, msPerLayerRow }] = measured.speeds as [(typeof measured.speeds)[0]];
  expect(msPerLayer + msPerLayerRow).toBeCloseTo(2);
  expect(msPerLayerRow).toBeGreaterThan(0);
});

test('a machine that has become slower is known to be before long', () => {
  const measured = new MeasuredSpeeds();
  for (let i = 0; i < 200; i++) measured.add('a', 1, 1, 2);
  for (let i = 0; i < 80; i++) measured.add('a', 1, 1, 6);
  const [{ msPerLayer, msPerLayerRow }] = measured.speeds as [(typeof measured.speeds)[0]];
  expect(msPerLayer + msPerLayerRow).toBeGreaterThan(5);
});

test('too few steps say nothing, and neither number is ever negative', () => {
  const measured = new MeasuredSpeeds();
  for (let i = 0; i < 3; i++) measured.add('a', 1, 1, 2);
  expect(measured.speeds).toEqual([]);
  for (const [rows, ms] of [
    [1, 9],
    [31, 1],
    [1, 9],
    [31, 1],
    [16, 0],
  ] as const)
    measured.add('b', 1, rows, ms);
  const [speed] = measured.speeds;
  expect(Math.min(speed!.msPerLayer, speed!.msPerLayerRow)).toBeGreaterThanOrEqual(0);
});
