import { expect, test } from 'vitest';
import { FaultyGpu, REAL_ADAPTER } from '../../../test/fakes/faulty-gpu.ts';
import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import { randomModel } from '../../cli/random-model.ts';
import { Gpu } from '../gpu/gpu.ts';
import { layOutWeights } from './layout.ts';
import { allocateWeights, type LoadOptions } from './load.ts';
import { readModelFile } from '../model-file.ts';
import { uploadBytes } from './upload.ts';

const bytes = randomModel('tiny', 'Q4_K_M');
const slow: ByteSource = {
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
};
const near: ByteSource = {
  ...slow,
  readInto: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
};

async function openLoading(source: ByteSource, adapter?: Partial<GPUAdapterInfo>, options?: LoadOptions) {
  const faulty = new FaultyGpu({ ...(adapter && { info: adapter }) });
  const gpu = await Gpu.open(faulty.gpu);
  const { tensors } = await readModelFile(source);
  const layout = layOutWeights(tensors, gpu.device.limits.maxStorageBufferBindingSize);
  return { faulty, gpu, layout, ...(await allocateWeights(gpu, source, layout, options)) };
}

/** What lies in each buffer of weights, in the order in which they were made. */
async function contents({ faulty, gpu, fill }: Awaited<ReturnType<typeof openLoading>>) {
  await fill();
  const all: [string, Uint8Array][] = [];
  for (const [buffer, { label }] of faulty.devices[0]!.live)
    all.push([label, new Uint8Array(await gpu.read({ buffer }))]);
  return all;
}

test('weights are the same to the bit whether the processor packs them or the GPU, from far and near', async () => {
  const expected = await contents(await openLoading(slow));
  expect(expected.length).toBeGreaterThan(10);
  for (const source of [slow, near]) {
    const loading = await openLoading(source, REAL_ADAPTER);
    // Pieces of 64 KB, so that each buffer on the way is used again and again
    expect(loading.layout.bytes).toBeGreaterThan(8 * 2 ** 16);
    expect(loading.faulty.liveBytes).toBe(loading.layout.bytes + uploadBytes(loading.gpu, loading.layout));
    const actual = await contents(loading);
    expect(actual.map(([label]) => label)).toEqual(expected.map(([label]) => label));
    for (const [i, [label, held]] of actual.entries())
      expect(Buffer.compare(held, expected[i]![1]), label).toBe(0);
    expect(loading.faulty.liveBytes).toBe(loading.layout.bytes);
  }
});

test('what is loaded by nobody’s wish any more goes nowhere, and nothing is left of it', async () => {
  const stop = new AbortController();
  let pieces = 0;
  const onProgress = () => void (++pieces === 2 && stop.abort(new Error('The page has left.')));
  const left = await openLoading(near, REAL_ADAPTER, { signal: stop.signal, onProgress });
  await expect(left.fill()).rejects.toThrow('The page has left.');
  left.weights.destroy();
  expect(left.faulty.liveBytes).toBe(0);

  const unmade = await openLoading(near, REAL_ADAPTER);
  const filling = unmade.fill();
  unmade.weights.destroy();
  await filling;
  expect(unmade.faulty.liveBytes).toBe(0);
  // A command on what is destroyed would have been refused
  await unmade.gpu.device.queue.onSubmittedWorkDone();
  expect(() => unmade.gpu.check()).not.toThrow();
});

test('a device that goes while weights are on their way is named as the reason', async () => {
  const { faulty, fill, weights } = await openLoading(near, REAL_ADAPTER);
  faulty.faults = { losesAt: ({ what, index }) => what === 'submit' && index === 6 };
  await expect(fill()).rejects.toMatchObject({ code: 'device-lost' });
  weights.destroy();
  expect(faulty.liveBytes).toBe(0);
});
