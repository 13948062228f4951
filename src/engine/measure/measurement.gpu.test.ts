import { beforeAll, expect, test } from 'vitest';
import { openInstance } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';
import { GREEDY } from '../../protocol/generate.ts';
import type { ProfileInput, ProfileProgress } from '../../protocol/performance.ts';
import { systemClock } from '../clock.ts';
import { Engine } from '../engine.ts';

const bytes = randomModel('tiny', 'Q8_0');
/** Shared, since loading takes a software adapter most of the time. */
let engine: Engine;
beforeAll(() => {
  engine = newEngine();
});

/** As src/cli/random-model.ts has it. */
const TINY_FFN = 512;
const never = new AbortController().signal;

function newEngine(gpu = openInstance()): Engine {
  const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
  const open = async (name: string) => ({ source: { size: bytes.length, read }, name });
  return new Engine({ gpu, clock: systemClock, open });
}

async function ask(engine: Engine, onIds = (_: number[]) => {}, maxTokens = 6): Promise<number[]> {
  const ids: number[] = [];
  const input = {
    model: 'a',
    prompt: { kind: 'ids' as const, ids: [5, 6, 7, 8] },
    maxTokens,
    sampling: GREEDY,
    stop: [],
    origin: 'https://a.example',
    lane: 'bulk' as const,
  };
  await engine.generate(
    input,
    async (part) => {
      ids.push(...part.ids);
      onIds(ids);
    },
    never,
  );
  return ids;
}

const measure = (
  engine: Engine,
  step: ProfileInput['step'] = { kind: 'answer', depth: 5 },
  onProgress = (_: ProfileProgress) => {},
  signal = never,
) => engine.profile({ model: 'a', step }, async (progress) => onProgress(progress), signal);

test('every kernel of a step has its time and its cost, and the weights are read once', async () => {
  const profile = await measure(engine);
  expect(profile).toMatchObject({ model: 'a', rows: 1, step: { kind: 'answer', depth: 5 } });
  for (const { us, cost } of profile.kernels) {
    expect(us).toBeGreaterThan(0);
    expect(cost?.bytes).toBeGreaterThan(0);
  }
  const { loaded, memoryBytes } = engine.status();
  const [{ weightsBytes, kvBytes, activationsBytes }] = loaded as [(typeof loaded)[0]];
  // What the ceilings were measured with has been given back
  expect(memoryBytes).toBe(weightsBytes + kvBytes + activationsBytes);
  const matVecs = profile.kernels.filter(({ kernel }) => kernel.startsWith('mat-vec'));
  const read = matVecs.reduce((sum, { cost }) => sum + cost!.bytes, 0);
  // Two blocks and the head of the tiny model, and little more than them: x and what is written
  expect(read).toBeGreaterThan(0.5 * weightsBytes);
  expect(read).toBeLessThan(1.1 * weightsBytes);
  expect(profile.ceilings.bytesPerSecond).toBeGreaterThan(1e6);
  expect(profile.ceilings.operationsPerSecond).toBeGreaterThan(1e6);
});

test('a prompt has as many rows as a step takes, and calculates for each of them', async () => {
  const { rows, kernels } = await measure(engine, { kind: 'prompt' });
  expect(rows).toBeGreaterThan(8);
  const swiglu = kernels.find(({ kernel }) => kernel === 'swiglu')!;
  expect(swiglu.cost!.operations / rows / swiglu.dispatches).toBe(4 * TINY_FFN);
});

test('it waits for an answer under way, and one that comes meanwhile says what it would have said', async () => {
  const wanted = await ask(engine);
  const seen: ProfileProgress[] = [];
  let measured: Promise<unknown> | undefined;
  const first = ask(engine, () => {
    measured ??= measure(engine, undefined, (progress) => void seen.push(progress));
  });
  expect(await first).toEqual(wanted);
  let later: Promise<number[]> | undefined;
  const look = async () => {
    while (!later) {
      if (seen.some((progress) => progress.phase === 'measuring' && progress.done > 1)) later = ask(engine);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([look(), measured]);
  expect(await later).toEqual(wanted);
  expect(await ask(engine)).toEqual(wanted);
  expect(seen).toContainEqual({ phase: 'waiting', answers: 1 });
  const ends = seen.filter((progress) => progress.phase === 'measuring');
  expect(ends.at(-1)).toMatchObject({ done: ends.at(-1)!.of - 1 });
});

test('it is cancelled between two runs, another is refused meanwhile, and unloading ends it', async () => {
  await ask(engine);
  const stop = new AbortController();
  const cancelled = measure(engine, undefined, () => stop.abort(), stop.signal);
  await expect(cancelled).rejects.toThrow('abort');

  const going = measure(engine);
  await expect(measure(engine)).rejects.toMatchObject({ code: 'busy' });
  await engine.unload('a');
  await expect(going).rejects.toMatchObject({ code: 'gone' });
  expect(await ask(engine)).toHaveLength(6);
});

test('the facts tell the lanes, and the last answers without what they said; a stopped site leaves none', async () => {
  await ask(engine, undefined, 3);
  const { gpu, lanes, answers } = await engine.performance();
  expect(gpu).toMatchObject({ hasTimestamps: true, isSoftware: expect.any(Boolean) });
  expect(lanes.bulk).toBeGreaterThan(0);
  expect(lanes.interactive).toBe(0);
  expect(answers[0]).toMatchObject({
    model: 'a',
    origin: 'https://a.example',
    lane: 'bulk',
    promptTokens: 4,
    completionTokens: 3,
  });
  engine.stop('https://a.example');
  expect((await engine.performance()).answers).toEqual([]);
});

test('an adapter without timestamps says what is missing', async () => {
  const instance = openInstance();
  const gpu = {
    wgslLanguageFeatures: instance.wgslLanguageFeatures,
    async requestAdapter(options: GPURequestAdapterOptions) {
      const adapter = (await instance.requestAdapter(options))!;
      return {
        info: adapter.info,
        limits: adapter.limits,
        features: new Set([...adapter.features].filter((name) => name !== 'timestamp-query')),
        requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
      };
    },
  };
  const engine = newEngine(gpu as unknown as GPU);
  await expect(measure(engine)).rejects.toThrow('timestamp-query');
  expect((await engine.performance()).gpu?.hasTimestamps).toBe(false);
});
