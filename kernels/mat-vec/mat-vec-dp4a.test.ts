import { describe, expect, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import { expectProducts } from './check.ts';
import { type MatVecDp4aShape, type MatVecDp4aTuning, matVecDp4a, matVecDp4aTuning } from './mat-vec-dp4a.ts';

const gpu = await openGpu();
const tuning: MatVecDp4aTuning = { lanes: 4, teams: 2, rowsPerTeam: 1, cols: 1, subgroup: 4, ahead: 2 };
const formats = quantFormats.filter(({ wgslDp4a }) => wgslDp4a);

describe.each(['workgroup', 'subgroup'] as const)('in int8, %s', (team) => {
  const lacking = team === 'subgroup' && !gpu.has('subgroups') ? ' (the adapter lacks subgroups)' : '';

  test.skipIf(lacking).for(formats.map((format) => [format.name, format] as const))(
    `multiplies rows of %s${lacking}`,
    async ([, format]) => {
      const k = format.blockValues === 256 ? 768 : 288;
      const shape = { rows: 1, k, n: 5, add: false, tuning };
      await expectProducts(gpu, matVecDp4a(format, team), format, 'dp4a', shape);
    },
  );

  const cases: ({ why: string } & Partial<Omit<MatVecDp4aShape, 'tuning'>> & Partial<MatVecDp4aTuning>)[] = [
    { why: 'a single unit', k: 32, n: 3 },
    { why: 'more rows of x than are taken at once', n: 9, cols: 4, rows: 7, lanes: 2 },
    { why: 'eight rows of x', n: 3, cols: 8, rows: 8, rowsPerTeam: 2 },
    { why: 'four rows a team, the last ones past the end', n: 9, lanes: 1, rowsPerTeam: 4 },
    {
      why: 'teams larger than a subgroup of four',
      k: 640,
      n: 3,
      lanes: 16,
      rowsPerTeam: 2,
      cols: 2,
      rows: 2,
    },
    { why: 'subgroups that may have one thread', n: 3, subgroup: 1 },
    {
      why: 'a part of a larger output, added to it',
      n: 4,
      rows: 3,
      cols: 2,
      add: true,
      outStride: 11,
      outOffset: 5,
    },
  ];
  test.skipIf(lacking).for(cases)(
    `multiplies $why${lacking}`,
    async ({ why: _, rows = 1, k = 96, n = 1, add = false, outStride, outOffset, ...rest }) => {
      const format = quantFormat('Q4_0')!;
      const shape = { rows, k, n, add, outStride, outOffset, tuning: { ...tuning, ...rest } };
      await expectProducts(gpu, matVecDp4a(format, team), format, 'dp4a', shape);
    },
  );
});

test('there are no integers for types that are no scaled integers', () => {
  for (const name of ['F32', 'F16', 'BF16'])
    expect(() => matVecDp4a(quantFormat(name)!, 'workgroup')).toThrow('has no integer variant');
});

test.each([
  { k: 32, n: 8, cols: 1 },
  { k: 960, n: 9000, cols: 4 },
  { k: 14336, n: 4096, cols: 4 },
  { k: 2048, n: 128256, cols: 1 },
])('the first division of $k by $n by $cols fits every adapter', (size) => {
  const { lanes, teams, rowsPerTeam, cols } = matVecDp4aTuning(size, 4);
  expect(Math.log2(lanes) % 1).toBe(0);
  expect(lanes * teams).toBeLessThanOrEqual(256);
  expect(teams).toBeGreaterThanOrEqual(1);
  expect(rowsPerTeam * cols).toBeLessThanOrEqual(32);
  expect(cols).toBe(size.cols);
});
