import { expect, test } from 'vitest';
import { create } from 'webgpu';
import '../../test/gpu.ts';
import { Gpu } from '../../src/engine/gpu/gpu.ts';
import { MAT_MUL_TUNING, matMul } from '../mat-mul/mat-mul.ts';
import { matVec, matVecTuning, type Team } from '../mat-vec/mat-vec.ts';
import { quantFormats } from './index.ts';
import type { Arithmetic } from './weights.ts';

// Has every feature, compiles everything and computes nothing: for what the adapter at hand lacks. In a process of
// its own: Dawn dies where one of its devices is this and another is real.
const instance = create(['backend=null']);
// Collected as garbage, the instance would take the process with it
const compiler = { instance, gpu: await Gpu.open(instance, { features: { f16: true } }) };

const arithmetics: Arithmetic[] = ['f32', 'f16'];
const teams: Team[] = ['alone', 'workgroup', 'subgroup'];
const formats = (arithmetic: Arithmetic) =>
  quantFormats.filter(({ wgslF16 }) => arithmetic === 'f32' || wgslF16);

const size = { rows: 8, k: 512, n: 8, add: true };

test.each(arithmetics.flatMap((arithmetic) => teams.map((team) => ({ arithmetic, team }))))(
  'mat-vec compiles for every type in $arithmetic, $team',
  async (variant) => {
    const tuning = matVecTuning(variant, { ...size, cols: 8 }, 32);
    for (const format of formats(variant.arithmetic))
      await compiler.gpu.pipeline(matVec(format, variant), { ...size, tuning });
  },
);

test.each(arithmetics)('mat-mul compiles for every type in %s', async (arithmetic) => {
  for (const format of formats(arithmetic))
    await compiler.gpu.pipeline(matMul(format, arithmetic), { ...size, tuning: MAT_MUL_TUNING });
});

test('the compiler at hand does refuse what is wrong', async () => {
  const kernel = matMul(quantFormats[0]!, 'f32');
  const broken = {
    ...kernel,
    name: 'broken',
    wgsl: kernel.wgsl.replace('workgroupBarrier', 'if (thread > 0u) { return; } workgroupBarrier'),
  };
  const shape = { ...size, tuning: MAT_MUL_TUNING };
  await expect(compiler.gpu.pipeline(broken, shape)).rejects.toThrow('uniform control flow');
});
