// What files and devices may do with experts that the fixtures do not: gate and up in one stack or of two types, stacks in
// parts, and int8.
import { expect, test } from 'vitest';
import { readModelFile } from '../../../src/engine/model-file.ts';
import { layOutWeights } from '../../../src/engine/weights/layout.ts';
import { loadWeights } from '../../../src/engine/weights/load.ts';
import { planMemory } from '../../../src/engine/plan/plan.ts';
import { Step } from '../../../src/engine/step/step.ts';
import { openGpu, relativeError } from '../../gpu.ts';
import { loadSource } from '../engine.ts';
import { convert, type Converted, toFile } from './convert.ts';
import { inF32 } from './convert-experts.ts';
import { readFixture } from './fixture.ts';
import { fromHalf } from '../../../kernels/kv/reference.ts';

const { weights, tokens, cases } = readFixture('qwen3_moe');
const { config, logits } = cases[0]!;
const file = convert('qwen3_moe', weights, config);
const IDS = tokens.slice(0, 6);
/** One for all tests, since a software adapter takes seconds to compile the kernels. */
const opened = openGpu({});
const device = { open: () => opened };

async function logitsOf(file: Converted): Promise<Float32Array[]> {
  const sizes = { slots: IDS.length, contextLength: 64, kv: 'f32' as const };
  const model = await loadSource(toFile(file), sizes, device);
  const rows = await model.logits(IDS, true);
  await model.dispose();
  return rows;
}

function expectLogits(rows: readonly Float32Array[]): void {
  for (const [i, row] of rows.entries()) expect(relativeError(row, logits[i]!)).toBeLessThan(1e-5);
}

test('gate and up may be one stack, in which each expert has its gate first', async () => {
  const fused = file.tensors.flatMap((tensor) => {
    if (tensor.name.includes('ffn_up_exps')) return [];
    if (!tensor.name.includes('ffn_gate_exps')) return [tensor];
    const up = file.tensors.find(({ name }) => name === tensor.name.replace('gate', 'up'))!;
    const [dim, ffn, experts] = tensor.shape as [number, number, number];
    const bytes = tensor.data.length / experts;
    const data = new Uint8Array(2 * tensor.data.length);
    for (let expert = 0; expert < experts; expert++) {
      data.set(tensor.data.subarray(expert * bytes, (expert + 1) * bytes), 2 * expert * bytes);
      data.set(up.data.subarray(expert * bytes, (expert + 1) * bytes), (2 * expert + 1) * bytes);
    }
    const name = tensor.name.replace('gate', 'gate_up');
    return [{ ...tensor, name, shape: [dim, 2 * ffn, experts], data }];
  });
  expectLogits(await logitsOf({ ...file, tensors: fused }));
});

test('gate and up may be of two types', async () => {
  const mixed = file.tensors.map((tensor) => {
    if (!tensor.name.includes('ffn_up_exps')) return tensor;
    return { ...tensor, ...inF32(Float32Array.from(new Uint16Array(tensor.data.buffer), fromHalf)) };
  });
  expectLogits(await logitsOf({ ...file, tensors: mixed }));
});

// An expert has 2,560 bytes of gate and up and 2,048 of down: F16 in units of 32 values
test.each([
  { why: 'two experts and a half', bytes: 6400, gateUp: [2, 2, 2], down: [3, 3] },
  {
    why: 'gate or up of one expert, not both',
    bytes: 2048,
    gateUp: Array(12).fill(1),
    down: Array(6).fill(1),
  },
])('stacks are cut between experts where a device binds $why at once', async ({ bytes, gateUp, down }) => {
  const gpu = await opened;
  const source = toFile(file);
  const { config, tensors } = await readModelFile(source);
  const layout = layOutWeights(tensors, bytes);
  for (const { feedForward } of layout.blocks) {
    if (!('router' in feedForward)) throw new Error('a block without experts');
    expect(feedForward.gateUp.parts.map((part) => part.experts)).toEqual(gateUp);
    expect(feedForward.down.parts.map((part) => part.experts)).toEqual(down);
  }
  const request = { config, slots: IDS.length, maxRows: 8, contextLength: 64, kv: 'f32' as const };
  const plan = planMemory({ ...request, budgetBytes: 2 ** 30, weightsBytes: layout.bytes });
  const step = await Step.create(gpu, config, plan, await loadWeights(gpu, source, layout));
  expectLogits(await step.logits(IDS, true));
  step.destroy();
});

test('an expert that a device cannot bind is refused by name', async () => {
  const { tensors } = await readModelFile(toFile(file));
  // Its matrices of other kinds are cut by rows
  expect(() => layOutWeights(tensors, 512)).toThrow('An expert of the tensor "blk.0.ffn_gate_exps.weight"');
});

// Its experts are in MXFP4, which is multiplied in int8; rows of whole units. One block of it, for CPUs that play GPUs
test('gpt-oss: logits in int8 are those in f32 but for the rounding of activations, of few pairs and of tiles', async () => {
  const { weights, tokens, cases } = readFixture('gpt_oss');
  const first = [...weights].filter(([name]) => !/layers\.[1-9]/.test(name));
  const file = toFile(convert('gpt_oss', new Map(first), { ...cases[0]!.config, num_hidden_layers: 1 }));
  const rowsWith = async (dp4a: boolean) => {
    const gpu = dp4a ? openGpu({ features: { dp4a } }) : opened;
    const model = await loadSource(file, { slots: 1, maxRows: 8 }, { open: () => gpu });
    expect(model.variants.integers).toBe(dp4a ? 'dp4a' : 'none');
    const rows: Float32Array[] = [];
    // Six rows of two experts each are two for each of five experts: tiles
    for (const count of [6, 2, 1]) rows.push(...(await model.logits(tokens.slice(0, count), false)));
    await model.dispose();
    return rows;
  };
  const [integers, floats] = [await rowsWith(true), await rowsWith(false)];
  for (const [i, row] of integers.entries()) expect(relativeError(row, floats[i]!)).toBeLessThan(0.03);
});
