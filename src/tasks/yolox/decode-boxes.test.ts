import { expect, test } from 'vitest';
import { decodeBoxes, withoutDoubles } from './decode-boxes.ts';

test('rows are cells of grids, one grid after the other', () => {
  // 32 × 16 pixels: 4 × 2 cells of 8, then 2 × 1 of 16
  const rows = new Float32Array(10 * 7);
  const at = (row: number, values: number[]) => rows.set(values, row * 7);
  at(5, [0.5, 0.25, Math.log(2), Math.log(1), 0.8, 0.1, 0.5]);
  at(9, [0, 0, 0, 0, 1, 0.9, 0.2]);
  const found = decodeBoxes(rows, 7, { width: 32, height: 16, strides: [8, 16], threshold: 0.3 });
  expect(found).toEqual([
    {
      xmin: expect.closeTo(4, 5),
      ymin: 6,
      xmax: expect.closeTo(20, 5),
      ymax: 14,
      score: expect.closeTo(0.4, 6),
      label: 1,
    },
    { xmin: 8, ymin: -8, xmax: 24, ymax: 8, score: expect.closeTo(0.9, 6), label: 0 },
  ]);
});

test('of boxes of one class over each other the surest stays; other classes stay beside it', () => {
  const box = (xmin: number, score: number, label: number) => ({
    xmin,
    ymin: 0,
    xmax: xmin + 10,
    ymax: 10,
    score,
    label,
  });
  const kept = withoutDoubles([box(0, 0.5, 1), box(2, 0.9, 1), box(1, 0.4, 2), box(20, 0.3, 1)], 0.45);
  expect(kept.map(({ xmin, label }) => [xmin, label])).toEqual([
    [2, 1],
    [1, 2],
    [20, 1],
  ]);
});
