// Judged by the model with the adapter merged into its weights, W + scale · alpha / rank · B A in f64, in the forward
// pass of the definition.
import { expect, test } from 'vitest';
import { adapterFile } from '../../../test/fakes/adapter-files.ts';
import { bytesSource, llamaReference } from '../../../test/golden/llama-reference.ts';
import { loadSource, run } from '../../../test/golden/engine.ts';
import { openInstance, random, randomFloats, relativeError } from '../../../test/gpu.ts';
import { readGguf } from '../../../models/gguf/read-gguf.ts';
import { deferred } from '../../channel/deferred.ts';
import { randomModel } from '../../cli/random-model.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { systemClock } from '../clock.ts';
import { Engine } from '../engine.ts';

const IDS = [3, 1001, 512, 7];
const ALPHA = 8;
const base = randomModel('tiny', 'F32');

interface Pair {
  rank: number;
  a: Float32Array;
  b: Float32Array;
}

/** Random pairs for matrices of `base`, (inputs, outputs) each. */
function pairs(matrices: Record<string, [inputs: number, outputs: number, rank: number]>, seed: number) {
  return Object.fromEntries(
    Object.entries(matrices).map(([name, [inputs, outputs, rank]], i): [string, Pair] => [
      name,
      {
        rank,
        a: randomFloats(inputs * rank, 0.2, seed + i),
        b: randomFloats(rank * outputs, 0.2, seed + 50 + i),
      },
    ]),
  );
}

const EVERYWHERE = {
  'blk.0.attn_q.weight': [256, 256, 8],
  'blk.0.attn_v.weight': [256, 128, 6],
  'blk.0.attn_output.weight': [256, 256, 4],
  'blk.1.ffn_gate.weight': [256, 512, 16],
  'blk.1.ffn_down.weight': [512, 256, 1],
} as const satisfies Record<string, [number, number, number]>;
const first = pairs(EVERYWHERE as never, 1);
const second = pairs({ 'blk.1.attn_k.weight': [256, 128, 4], 'blk.0.ffn_up.weight': [256, 512, 4] }, 100);

function fileOf(adapter: Record<string, Pair>): Uint8Array {
  return adapterFile({
    metadata: { 'adapter.lora.alpha': { type: 'float32', value: ALPHA } },
    tensors: Object.fromEntries(
      Object.entries(adapter).flatMap(([name, { rank, a, b }]) => {
        const [inputs, outputs] = [a.length / rank, b.length / rank];
        return [
          [`${name}.lora_a`, { shape: [inputs, rank], values: a }],
          [`${name}.lora_b`, { shape: [rank, outputs], values: b }],
        ];
      }),
    ),
  });
}

/** The model's file with the adapter in its weights. */
async function merged(adapter: Record<string, Pair>, scale: number): Promise<Uint8Array> {
  const file = base.slice();
  const { tensors } = await readGguf(bytesSource(base));
  const view = new DataView(file.buffer);
  for (const [name, { rank, a, b }] of Object.entries(adapter)) {
    const { offset, shape } = tensors.get(name)!;
    const [inputs, outputs] = shape as [number, number];
    for (let n = 0; n < outputs; n++)
      for (let k = 0; k < inputs; k++) {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += b[n * rank + r]! * a[r * inputs + k]!;
        const at = offset + 4 * (n * inputs + k);
        view.setFloat32(at, view.getFloat32(at, true) + (scale * ALPHA * sum) / rank, true);
      }
  }
  return file;
}

let reads = 0;
const source = bytesSource(base);
const counted = {
  ...source,
  read(offset: number, length: number) {
    reads++;
    return source.read(offset, length);
  },
};
const model = await loadSource(counted, { slots: 4, contextLength: 256 });

const put = async (id: string, file: Uint8Array) =>
  model.putAdapter(id, await model.prepareAdapter(bytesSource(file)));

async function expectMerged(adapter: Record<string, Pair>, id: string, scale: number): Promise<void> {
  const expected = await llamaReference(await merged(adapter, scale), IDS);
  const plain = await llamaReference(base, IDS);
  expect(
    relativeError(
      plain.flatMap((row) => [...row]),
      expected.flatMap((row) => [...row]),
    ),
  ).toBeGreaterThan(0.05);
  const together = await model.logits(IDS, true, [{ id, scale }]);
  for (const [i, row] of together.entries()) expect(relativeError(row, expected[i]!)).toBeLessThan(1e-5);
  const [one] = await model.logits(IDS.slice(0, 1), false, [{ id, scale }]);
  expect(relativeError(one!, expected[0]!)).toBeLessThan(1e-5);
}

test('adapters are loaded, scaled, swapped and removed beside the model, which is not read again', async () => {
  const before = await model.logits(IDS, true);
  const { weightsBytes } = model.memory;
  const readsBefore = reads;

  await put('style', fileOf(first));
  expect(model.memory.weightsBytes).toBeGreaterThan(weightsBytes);
  await expectMerged(first, 'style', 1);
  await expectMerged(first, 'style', -0.5);
  // Who does not name it gets nothing of it, to the bit
  expect(await model.logits(IDS, true)).toEqual(before);

  await put('style', fileOf(second));
  await expectMerged(second, 'style', 1);
  await put('other', fileOf(first));
  const both = await llamaReference(await merged({ ...first, ...second }, 1), IDS);
  const rows = await model.logits(IDS, true, [
    { id: 'style', scale: 1 },
    { id: 'other', scale: 1 },
  ]);
  for (const [i, row] of rows.entries()) expect(relativeError(row, both[i]!)).toBeLessThan(1e-5);

  await model.removeAdapter('style');
  await model.removeAdapter('other');
  expect(model.adapters).toEqual([]);
  expect(await model.logits(IDS, true)).toEqual(before);
  expect(model.memory.weightsBytes).toBe(weightsBytes);
  expect(reads).toBe(readsBefore);
});

test('each answer of a batch has its own', async () => {
  await put('a', fileOf(first));
  await put('b', fileOf(second));
  const uses = [[], [{ id: 'a', scale: 1 }], [{ id: 'b', scale: 2 }], [{ id: 'a', scale: 0 }]];
  const ask = (adapters: { id: string; scale: number }[], i: number) =>
    run(model, { ids: [...IDS], maxTokens: 6, adapters, origin: `https://${i}.example`, ignoreEnd: true });
  const alone = [];
  for (const [i, adapters] of uses.entries()) alone.push((await ask(adapters, i)).ids);
  const together = await Promise.all(uses.map((adapters, i) => ask(adapters, i + 10)));
  expect(together.map(({ ids }) => ids)).toEqual(alone);
  expect(alone[3]).toEqual(alone[0]);
  expect(new Set(alone.map(String)).size).toBe(3);
});

test('what the cache keeps of a text is for the same adapters at the same scale', async () => {
  await put('a', fileOf(first));
  const next = random(9);
  const ids = Array.from({ length: 40 }, () => Math.floor(next() * 1000));
  const cached = async (adapters: { id: string; scale: number }[]) =>
    (await run(model, { ids, maxTokens: 2, adapters, origin: 'https://kept.example' })).cachedTokens;
  const a = { id: 'a', scale: 1 };
  expect(await cached([])).toBe(0);
  expect(await cached([a])).toBe(0);
  expect(await cached([a])).toBe(32);
  expect(await cached([{ id: 'a', scale: 0.5 }])).toBe(0);
  expect(await cached([])).toBe(32);
  // The same name, another adapter
  await put('a', fileOf(second));
  expect(await cached([a])).toBe(0);
});

test('one that is used stays, one that is not there is asked for in vain, one that does not fit is refused', async () => {
  await put('a', fileOf(first));
  const stop = new AbortController();
  const started = deferred<void>();
  const use = [{ id: 'a', scale: 1 }];
  const request = { ids: [...IDS], maxTokens: 200, adapters: use, ignoreEnd: true };
  const running = run(model, request, () => started.resolve(), stop.signal);
  await started.promise;
  await expect(model.removeAdapter('a')).rejects.toMatchObject({ code: 'busy' });
  await expect(put('a', fileOf(second))).rejects.toMatchObject({ code: 'busy' });
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await model.removeAdapter('a');
  await expect(run(model, request)).rejects.toMatchObject({ code: 'not-found' });
  const misfit = adapterFile({ tensors: { 'blk.9.attn_q.weight.lora_a': { shape: [256, 4] } } });
  await expect(put('a', misfit)).rejects.toMatchObject({ code: 'unsupported-model' });
  await model.dispose();
});

test('the engine adds it to all that a model is asked for, and takes its room from the cap', async () => {
  const file = bytesSource(base);
  const engine = new Engine({
    gpu: openInstance(),
    clock: systemClock,
    open: async () => ({ source: file, name: 'tiny' }),
  });
  const caps = (memoryBytes: number) =>
    engine.configure({ caps: { gpuPercent: 100, memoryBytes }, defaultModel: 'tiny' });
  const ask = async () => {
    const ids: number[] = [];
    await engine.generate(
      {
        model: 'tiny',
        prompt: { kind: 'ids', ids: [...IDS] },
        maxTokens: 4,
        sampling: GREEDY,
        stop: [],
        origin: 'https://a.example',
        lane: 'interactive',
      },
      async (part) => void ids.push(...part.ids),
      new AbortController().signal,
    );
    return ids;
  };
  await caps(2 ** 31);
  const plain = await ask();
  const { memoryBytes } = engine.status();
  const wish = { model: 'tiny', adapter: 'style', scale: 1 };

  await caps(memoryBytes);
  await expect(engine.loadAdapter(wish, bytesSource(fileOf(first)))).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(/The adapter needs [.\d]+ [KM]B/),
  });
  expect(engine.status().loaded).toHaveLength(1);

  await caps(2 ** 31);
  await engine.loadAdapter(wish, bytesSource(fileOf(first)));
  expect(engine.status().loaded[0]!.adapters).toEqual(['style']);
  expect(engine.status().memoryBytes).toBeGreaterThan(memoryBytes);
  expect(await ask()).not.toEqual(plain);
  await engine.removeAdapter(wish);
  expect(engine.status().memoryBytes).toBe(memoryBytes);
  expect(await ask()).toEqual(plain);
  await engine.unload('tiny');
});
