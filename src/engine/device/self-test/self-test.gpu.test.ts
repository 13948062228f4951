// Adapters whose driver compiles something else than was written, and adapters that do what they should.
import { expect, test } from 'vitest';
import { FaultyGpu, type Faults } from '../../../../test/fakes/faulty-gpu.ts';
import { Gpu, type Trust } from '../../gpu/gpu.ts';
import { chooseVariants } from '../variants.ts';
import { attention } from './attention.ts';
import { products } from './products.ts';
import { sampling } from './sampling.ts';
import { proveAdapter } from './self-test.ts';

/** The software adapter under the name of a real one, whose kernels it then gets. */
const REAL = {
  vendor: 'acme',
  architecture: 'anvil',
  device: '',
  description: 'Acme Anvil',
  isFallbackAdapter: false,
};

/** Rewrites what kernels compute, where they do it. */
const lies = (pattern: RegExp, by: string) => (wgsl: string) => wgsl.replace(pattern, by);

/** By a product of one row: other kernels of a real GPU take a software adapter half a minute to compile. */
async function verdict(compile: Faults['compile']): Promise<Trust> {
  const gpu = await Gpu.open(new FaultyGpu({ info: REAL, ...(compile && { compile }) }).gpu);
  await proveAdapter(gpu, undefined, { products: (gpu, variants) => products(gpu, variants, [1]) });
  gpu.device.destroy();
  return gpu.trust;
}

test.each<{ why: string; compile: Faults['compile']; trust: Trust }>([
  {
    why: 'subgroups that add up to too little',
    compile: lies(/\bsubgroupShuffleXor\(([^,]+), /g, 'subgroupShuffleXor($1, 0u * '),
    trust: 'no subgroups',
  },
  {
    why: 'int8 products without signs',
    compile: lies(/\bdot4I8Packed\(([^()]*)\)/g, 'i32(dot4U8Packed($1))'),
    trust: 'no subgroups or int8',
  },
  {
    why: 'kernels with barriers that do not compile',
    compile: (wgsl, kernel) => (/mat-vec.*(subgroup|workgroup)/.test(kernel) ? 'no kernel' : wgsl),
    trust: 'the simplest kernels',
  },
])('the trust in an adapter with $why', async ({ compile, trust }) => {
  expect(await verdict(compile)).toBe(trust);
});

test('an adapter that gets everything wrong is not used at all', async () => {
  await expect(verdict(() => 'no kernel')).rejects.toMatchObject({
    code: 'no-device',
    message: expect.stringMatching(/wrong numbers.*driver/),
  });
});

test.each([
  { what: 'attention', check: attention, lie: lies(/\bexp2\(/g, 'exp2(0.5 * ') },
  { what: 'sampling', check: sampling, lie: lies(/\blog\(/g, '1 + log(') },
])('$what is right as it is, and found wrong where it is', async ({ check, lie }) => {
  for (const compile of [undefined, lie]) {
    const gpu = await Gpu.open(new FaultyGpu({ ...(compile && { compile }) }).gpu);
    expect(await check(gpu, chooseVariants(gpu))).toBe(compile === undefined);
    gpu.device.destroy();
  }
});

test('an adapter is tested once, and again with another driver', async () => {
  const kept = new Map<string, string>();
  const verdicts = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, trust: Trust) => void kept.set(key, trust),
  };
  const faulty = new FaultyGpu();
  const compiled = async () => {
    let pipelines = 0;
    faulty.faults.losesAt = ({ what }) => what === 'pipeline' && ++pipelines < 0;
    const gpu = await Gpu.open(faulty.gpu);
    await proveAdapter(gpu, verdicts);
    gpu.device.destroy();
    return pipelines;
  };
  expect(await compiled()).toBeGreaterThan(0);
  expect(await compiled()).toBe(0);
  faulty.faults.info = { description: 'SwiftShader of another day' };
  expect(await compiled()).toBeGreaterThan(0);
});
