import { expect, test } from 'vitest';
import { openGpu, runKernel } from '../../test/gpu.ts';
import { copy } from './copy.ts';

const gpu = await openGpu();

test.each([
  { why: 'one vec4', words: 4 },
  { why: 'a workgroup and one vec4 more', words: 4 * 257 },
])('copies $why, bit for bit', async ({ words }) => {
  const source = Uint32Array.from({ length: words }, (_, i) => i * 2_654_435_761);
  const [out] = await runKernel(gpu, copy, { bytes: words * 4 }, [
    source,
    { write: Uint32Array, length: words },
  ]);
  expect([...out!]).toEqual([...source]);
});
