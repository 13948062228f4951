import { describe, expect, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import { expectProducts } from './check.ts';
import {
  type MatVecShape,
  type MatVecTuning,
  type MatVecVariant,
  matVec,
  matVecTuning,
  type Team,
} from './mat-vec.ts';

const gpu = await openGpu();
const TEAMS: Team[] = ['alone', 'workgroup', 'subgroup'];
const variants: MatVecVariant[] = (['f32', 'f16'] as const).flatMap((arithmetic) =>
  TEAMS.map((team) => ({ arithmetic, team })),
);
const tuning: MatVecTuning = { lanes: 4, teams: 2, rowsPerTeam: 1, cols: 1, chunk: 4, subgroup: 4 };

describe.each(variants)('$arithmetic, $team', (variant) => {
  const missing = matVec(quantFormat('F16')!, variant).needs!.filter((feature) => !gpu.has(feature));
  const lacking = missing.length > 0 ? ` (the adapter lacks ${missing.join(' and ')})` : '';
  const formats = quantFormats.filter(({ wgslF16 }) => variant.arithmetic === 'f32' || wgslF16);

  test.skipIf(lacking).for(formats.map((format) => [format.name, format] as const))(
    `multiplies rows of %s${lacking}`,
    async ([, format]) => {
      const k = format.blockValues === 256 ? 768 : 288;
      await expectProducts(gpu, matVec(format, variant), format, variant.arithmetic, {
        rows: 1,
        k,
        n: 5,
        add: false,
        tuning,
      });
    },
  );

  const cases: ({ why: string; format: string } & Partial<Omit<MatVecShape, 'tuning'>> &
    Partial<MatVecTuning>)[] = [
    { why: 'rows that end inside a unit, the last also inside 16 bytes', format: 'F16', k: 172, n: 3 },
    { why: 'rows shorter than a unit', format: 'F16', k: 12, n: 5, cols: 2, rows: 2 },
    {
      why: 'two rows of x, of which one is there',
      format: 'F16',
      k: 36,
      n: 7,
      cols: 2,
      rows: 1,
      rowsPerTeam: 2,
    },
    { why: 'more rows of x than are taken at once', format: 'Q4_0', n: 9, cols: 4, rows: 7, lanes: 2 },
    { why: 'eight rows of x', format: 'Q8_0', n: 3, cols: 8, rows: 8 },
    { why: 'four rows a team, the last ones past the end', format: 'Q4_0', n: 9, lanes: 1, rowsPerTeam: 4 },
    {
      why: 'teams larger than a subgroup of four',
      format: 'Q4_0',
      k: 640,
      n: 3,
      lanes: 16,
      chunk: 16,
      rowsPerTeam: 2,
      cols: 2,
      rows: 2,
    },
    { why: 'subgroups that may have one thread', format: 'Q4_0', n: 3, lanes: 4, subgroup: 1 },
    {
      why: 'more rows of w than there are workgroups in a dimension',
      format: 'F16',
      k: 4,
      n: 65_539,
      lanes: 1,
      teams: 1,
    },
    {
      why: 'a part of a larger output, added to it',
      format: 'Q4_1',
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
    async ({ format, rows = 1, k = 96, n = 1, add = false, outStride, outOffset, ...rest }) => {
      // A thread that is alone takes one row of w
      const own = variant.team === 'alone' ? { lanes: 1, rowsPerTeam: 1 } : {};
      const type = quantFormat(format)!;
      await expectProducts(gpu, matVec(type, variant), type, variant.arithmetic, {
        rows,
        k,
        n,
        add,
        outStride,
        outOffset,
        tuning: { ...tuning, ...rest, ...own },
      });
    },
  );
});

test('there is no f16 for types with values that f16 does not hold', () => {
  for (const name of ['F32', 'BF16', 'Q8_K', 'MXFP4'])
    expect(() => matVec(quantFormat(name)!, { arithmetic: 'f16', team: 'workgroup' })).toThrow(
      'has no f16 variant',
    );
});

test.each([
  { k: 32, n: 8, cols: 1 },
  { k: 172, n: 64, cols: 8 },
  { k: 4096, n: 4096, cols: 1 },
  { k: 14336, n: 128256, cols: 2 },
  { k: 960, n: 9000, cols: 4 },
])('the first division of $k by $n by $cols fits every adapter', async (size) => {
  for (const variant of variants) {
    const { lanes, teams, rowsPerTeam, cols, chunk } = matVecTuning(variant, size, 4);
    expect(Math.log2(lanes) % 1).toBe(0);
    expect([1, 2, 4]).toContain(rowsPerTeam);
    expect(cols).toBe(size.cols);
    if (variant.team === 'alone') expect(lanes * rowsPerTeam).toBe(1);
    else {
      expect(chunk % lanes).toBe(0);
      expect(lanes * teams).toBe(256);
      expect(128 * cols * chunk + 16 * lanes * teams).toBeLessThanOrEqual(16_384);
    }
  }
});
