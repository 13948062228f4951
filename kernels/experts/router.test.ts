import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import type { QuantFormat } from '../quants/format.ts';
import { rmsNormReference } from '../rms-norm/reference.ts';
import { dotReference } from './reference.ts';
import { type RouterShape, router } from './router.ts';

const gpu = await openGpu();
const TUNING = { lanes: 4, teams: 2, subgroup: 4 };

test.for(quantFormats.map((format) => [format.name, format] as const))(
  'norms and multiplies with a router of %s',
  ([, format]) =>
    expectLogits(format, 'alone', {
      rows: 2,
      k: format.blockValues === 256 ? 512 : 96,
      experts: 5,
      tuning: { lanes: 1, teams: 4, subgroup: 4 },
    }),
);

describe.each(['workgroup', 'subgroup'] as const)('in teams, %s', (team) => {
  const lacking = team === 'subgroup' && !gpu.has('subgroups') ? ' (the adapter lacks subgroups)' : '';
  test.skipIf(lacking).each([
    { why: 'rows that end inside a unit', k: 44, experts: 7, tuning: TUNING },
    { why: 'teams larger than a subgroup', k: 288, experts: 3, tuning: { ...TUNING, lanes: 8 } },
  ])(`$why${lacking}`, ({ why: _, ...shape }) =>
    expectLogits(quantFormat('F32')!, team, { rows: 3, ...shape }),
  );
});

async function expectLogits(
  format: QuantFormat,
  team: Parameters<typeof router>[1],
  shape: Omit<RouterShape, 'eps'>,
) {
  const { rows, k, experts } = shape;
  const eps = 1e-5;
  const bytes = randomRows(format, experts, k);
  const { quants, scales } = format.pack(bytes, experts, k);
  const [x, weight] = [randomFloats(rows * k, 3), randomFloats(k, 2, 5)];
  const [out] = await runKernel(gpu, router(format, team), { ...shape, eps }, [
    quants,
    scales.length > 0 ? scales : new Uint32Array(4),
    x,
    { write: Float32Array, length: rows * experts },
    weight,
  ]);
  const w = dequantizeRows(format, bytes);
  const normed = rmsNormReference(x, weight, rows, k, eps);
  const expected = Float64Array.from({ length: rows * experts }, (_, i) =>
    dotReference(w, i % experts, normed.subarray(Math.floor(i / experts) * k), 0, k),
  );
  expect(relativeError(out!, expected)).toBeLessThan(1e-5);
}
