import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { pool } from './pool.ts';
import { poolReference } from './reference.ts';

const gpu = await openGpu();

const cases = [
  { why: 'one text of one row', lengths: [1], dim: 3 },
  { why: 'texts of several lengths', lengths: [5, 1, 9], dim: 65 },
];

test.each(cases.flatMap((shape) => (['mean', 'first', 'last'] as const).map((kind) => ({ ...shape, kind }))))(
  '$kind matches the reference for $why',
  async ({ lengths, dim, kind }) => {
    const rows = lengths.reduce((a, b) => a + b);
    const x = randomFloats(rows * dim);
    let row = -1;
    const outputs = lengths.flatMap((length, text) => [text, length - 1, (row += length), 0]);

    const shape = { outputs: lengths.length, dim, kind, threads: 64 };
    const [out] = await runKernel(gpu, pool, shape, [
      x,
      Uint32Array.from(outputs),
      { write: Float32Array, length: lengths.length * dim },
    ]);

    expect(relativeError(out!, poolReference(x, lengths, dim, kind))).toBeLessThan(1e-6);
  },
);
