// What a machine with tasks on it does when things go wrong or run short: real models, in Node.
import { beforeAll, expect, test, vi } from 'vitest';
import { nodeTasks } from '../../test/fakes/tasks.ts';
import { expectedOf, filesOf, imageOf } from '../../test/golden/tasks/fixtures.ts';
import type { PlainTensor } from '../protocol/tasks.ts';

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const { 'onnx/model.onnx': matte, 'preprocessor_config.json': processor } = filesOf('matte');
const broken = filesOf('encoder');
const { call, tasks, machine } = nodeTasks(undefined, {
  'just-onnx': { 'matte.onnx': matte! },
  'with-processor': { 'matte.onnx': matte!, 'preprocessor_config.json': processor! },
  broken: { ...broken, 'onnx/model.onnx': broken['onnx/model.onnx']!.slice(0, 20_000) },
  odd: { ...broken, 'config.json': bytes('{"model_type":"bert","hidden_size":') },
});

// On a busy machine the runtime takes its time to be compiled
vi.setConfig({ testTimeout: 30_000 });
beforeAll(() => call('feature-extraction', 'encoder', 'the'), 60_000);

test('any ONNX file takes tensors by name, and gives its outputs by name', async () => {
  const input = { type: 'float32', dims: [1, 3, 16, 16], data: new Float32Array(768).fill(0.25) };
  const { output } = (await call('onnx', 'just-onnx', { input })) as { output: PlainTensor };
  expect(output.dims).toEqual([1, 1, 16, 16]);
  for (const value of output.data as Float32Array) expect(value).toBeGreaterThan(0);
  const wrong = { pixels: input };
  await expect(call('onnx', 'just-onnx', wrong)).rejects.toMatchObject({
    code: 'bad-input',
    message: 'This model has the inputs input; pass exactly these.',
  });
});

test('with a processor it takes an image too', async () => {
  const { image, matte: wanted } = expectedOf('matte')['background-removal'];
  const { output } = (await call('onnx', 'with-processor', imageOf(image))) as { output: PlainTensor };
  const values = [...(output.data as Float32Array)];
  for (const [i, value] of wanted.flat().entries()) expect(values[i]).toBeCloseTo(value, 3);
  await expect(call('onnx', 'just-onnx', imageOf(image))).rejects.toThrow(/no preprocessor_config.json/);
});

test('a model that cannot be opened is refused in a sentence, and does not stand in the way of others', async () => {
  for (const model of ['broken', 'odd'])
    await expect(call('feature-extraction', model, 'the fire')).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringMatching(/cannot be loaded for feature-extraction: .* Choose a model/s),
    });
  const { texts } = expectedOf('encoder')['feature-extraction'];
  expect(await call('feature-extraction', 'encoder', texts)).toMatchObject({ dims: [3, 9, 8] });
});

test('a run that fails is told of in a sentence, and the next one is computed', async () => {
  const wrong = { type: 'float32', dims: [1, 2, 2, 2], data: new Float32Array(8) };
  await expect(call('onnx', 'just-onnx', { input: wrong })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(call('fill-mask', 'filler', 'nothing to fill')).rejects.toThrow(
    /could not do fill-mask with this/,
  );
  expect(await call('fill-mask', 'filler', 'the [MASK]', { top_k: 1 })).toHaveLength(1);
});

test('a model of another kind is refused', async () => {
  await expect(call('rerank', 'classifier', 'the', ['fire'])).rejects.toThrow(
    /gives one score, and this one gives 3/,
  );
  await expect(
    call('image-classification', 'encoder', imageOf(expectedOf('matte')['background-removal'].image)),
  ).rejects.toMatchObject({ name: 'HearthError' });
});

test('what is in memory is counted, leaves when asked to, and comes back when needed', async () => {
  await call('feature-extraction', 'encoder', 'the fire');
  expect(machine.usedBytes).toBe(tasks.loaded.reduce((sum, { weightsBytes }) => sum + weightsBytes, 0));
  expect(tasks.loaded.map(({ id }) => id)).toContain('encoder');
  for (const lodger of [...machine.lodgers]) {
    expect(lodger.isIdle).toBe(true);
    await lodger.leave();
  }
  expect([machine.usedBytes, tasks.loaded]).toEqual([0, []]);
  expect(await call('feature-extraction', 'encoder', 'the fire')).toMatchObject({ dims: [1, 4, 8] });
  await tasks.unload('encoder');
  expect(machine.usedBytes).toBe(0);
});

test('many calls leave nothing behind', async () => {
  await call('text-classification', 'classifier', 'the fire');
  const [before, calls] = [machine.usedBytes, 25];
  for (let i = 0; i < calls; i++) await call('text-classification', 'classifier', `the fire ${i}`);
  expect(machine.usedBytes).toBe(before);
  expect(machine.lodgers.size).toBe(1);
  await tasks.unload('classifier');
});

test('where the cap leaves no room, nothing is loaded', async () => {
  machine.capBytes = 10_000;
  await expect(call('feature-extraction', 'encoder', 'the fire')).rejects.toMatchObject({
    code: 'out-of-memory',
  });
  expect(machine.usedBytes).toBe(0);
  machine.capBytes = Number.POSITIVE_INFINITY;
  expect(await call('feature-extraction', 'encoder', 'the fire')).toMatchObject({ dims: [1, 4, 8] });
});

test('a device that a page names and the machine has not is no reason to compute elsewhere', async () => {
  const request = {
    task: 'feature-extraction',
    model: 'encoder',
    dtype: undefined,
    device: 'webgpu' as const,
    origin: '',
  };
  const args = { inputs: ['the'], isList: false, rest: [], options: {} };
  await expect(tasks.run({ ...request, args }, () => {}, new AbortController().signal)).rejects.toMatchObject(
    { code: 'no-device' },
  );
});

test('writing ends between two tokens when its caller leaves', async () => {
  const abort = new AbortController();
  const request = {
    task: 'text2text-generation',
    model: 'writer',
    dtype: undefined,
    device: undefined,
    origin: 'a',
  };
  const args = { inputs: ['the fire'], isList: false, rest: [], options: { max_new_tokens: 4_000 } };
  const writing = tasks.run({ ...request, args }, () => {}, abort.signal);
  await expect.poll(() => tasks.running).toMatchObject([{ model: 'writer', phase: 'prefill' }]);
  abort.abort();
  await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => tasks.running).toEqual([]);
});
