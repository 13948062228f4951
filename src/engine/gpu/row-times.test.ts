import { expect, test } from 'vitest';
import { RowTimes } from './row-times.ts';

function noted(points: readonly (readonly [rows: number, ms: number])[]): RowTimes {
  const times = new RowTimes();
  for (const [rows, ms] of points) times.note(rows, ms);
  return times;
}

test('nothing is expected before something was measured, and no rows surely fit', () => {
  expect(new RowTimes().expected(4)).toBeUndefined();
  expect(new RowTimes().most(100)).toBe(0);
});

test('between sizes that were measured lies a straight line; past them a row takes what it took', () => {
  const times = noted([
    [2, 1],
    [32, 4],
  ]);
  expect(times.expected(1)).toBe(1);
  expect(times.expected(17)).toBeCloseTo(2.5);
  expect(times.expected(64)).toBe(8);
});

test('as many rows fit as the line says, and twice as many are tried as ever were', () => {
  const times = noted([
    [2, 1],
    [32, 4],
  ]);
  expect(times.most(0.5)).toBe(0);
  expect(times.most(2.5)).toBe(17);
  expect(times.most(5)).toBe(40);
  expect(times.most(5, 2)).toBe(64);
  expect(times.most(40)).toBe(320);
});

test('a step between two of others that took long does not make those look short', () => {
  const times = noted([
    [1, 1],
    [16, 10],
    [128, 9],
  ]);
  expect(times.most(9.5)).toBe(15);
});

test('what was not measured of late is not known as such', () => {
  const times = noted([[4, 3]]);
  expect(times.measured(3)).toBe(3);
  expect(times.measured(2)).toBeUndefined();
});

test('averages move, and what has not come for long is tried again', () => {
  const times = noted([
    [1, 1],
    [2, 9],
  ]);
  for (let i = 0; i < 20; i++) times.note(1, 2);
  expect(times.expected(1)).toBeCloseTo(2, 2);
  expect(times.most(3)).toBe(1);
  for (let i = 0; i < 300; i++) times.note(1, 2);
  expect(times.most(3, 2)).toBe(2);
});
