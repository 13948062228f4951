// The engine on a machine without a GPU, with a small working frame in llama.cpp's place.
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/fakes/clock.ts';
import { fakeLlama } from '../../test/fakes/llama.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { connect } from '../channel/connect.ts';
import { serve } from '../channel/serve.ts';
import { randomModel } from '../cli/random-model.ts';
import { Engine } from '../engine/engine.ts';
import type { GenerateInput } from '../protocol/generate.ts';
import { HearthError } from '../protocol/errors.ts';
import type { WasmCalls, WasmText } from '../protocol/wasm-calls.ts';
import { WasmStepper } from './wasm-stepper.ts';

const bytes = randomModel('tiny', 'Q8_0');
const GREEDY = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 0,
};

/** A token that depends on every token before it. */
const hash = (tokens: Iterable<number>) => [...tokens].reduce((sum, id) => (sum * 31 + id + 1) % 1000, 7);

/** `count` tokens after `ids`, made the simple way. */
function chain(ids: readonly number[], count: number): number[] {
  const all = [...ids];
  for (let i = 0; i < count; i++) all.push(hash(all));
  return all.slice(ids.length);
}

/** An engine whose steps take `stepMs` and of which one breaks, the texts of each, and how many frames there were. */
function open({
  stepMs = 1,
  breaksAt = Number.POSITIVE_INFINITY,
  caps = { gpuPercent: 100, memoryBytes: 1e9 },
} = {}) {
  const clock = fakeClock();
  const steps: WasmText[][] = [];
  let frames = 0;
  const engine = new Engine({
    gpu: undefined,
    clock,
    open: async (id) => ({
      name: id,
      source: {
        size: bytes.length,
        read: async (offset, length) => bytes.slice(offset, offset + length),
      },
    }),
    async openWasm(_file, _source, plan) {
      const pause = (texts: WasmText[]) => {
        steps.push(texts);
        if (steps.length === breaksAt) throw new HearthError('gone', 'It broke off.');
        return new Promise<void>((resolve) => clock.after(stepMs, resolve));
      };
      const openFrame = () => {
        frames++;
        const [near, far] = memoryWires();
        serve<WasmCalls>(
          far,
          fakeLlama(({ tokens }) => hash(tokens), pause),
        );
        return connect<WasmCalls>(near);
      };
      return WasmStepper.load({ file: new Blob(), plan, clock, openFrame });
    },
  });
  const ready = engine.configure({ caps, defaultModel: 'a' });

  async function ask(
    ids: number[],
    input: Partial<GenerateInput> & { origin?: string } = {},
    signal = new AbortController().signal,
  ): Promise<number[]> {
    await ready;
    const got: number[] = [];
    await engine.generate(
      {
        model: 'a',
        prompt: { kind: 'ids', ids },
        maxTokens: 10,
        sampling: GREEDY,
        stop: [],
        origin: 'https://a.example',
        lane: 'interactive',
        ...input,
      },
      async (part) => void got.push(...part.ids),
      signal,
    );
    return got;
  }

  /** Lets time pass until all have settled. */
  async function settled<T>(...promises: Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    let isOver = false;
    const all = Promise.allSettled(promises);
    void all.then(() => (isOver = true));
    for (let ms = 0; !isOver; ms++) {
      if (ms > 10_000) throw new Error('Some of it never ends.');
      await clock.advance(1);
    }
    return all;
  }
  const values = async <T>(...promises: Promise<T>[]) =>
    (await settled(...promises)).map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });

  return { engine, clock, steps, frames: () => frames, ask, settled, values };
}

test('an answer is what the frame says, from the prompt’s own tokens', async () => {
  const { ask, values } = open();
  const prompt = Array.from({ length: 100 }, (_, i) => i);
  expect(await values(ask(prompt, { maxTokens: 30 }))).toEqual([chain(prompt, 30)]);
});

test('the list of models and the status say that WebAssembly computes, and why', async () => {
  const { engine, ask, values } = open();
  expect(await engine.summaries(['a'])).toMatchObject([{ id: 'a', backend: 'wasm' }]);
  await values(ask([1]));
  expect(await engine.summaries(['a'])).toMatchObject([{ id: 'a', backend: 'wasm' }]);
  expect(engine.status()).toMatchObject({
    state: 'ready',
    backend: 'wasm',
    notice: expect.stringMatching(/no WebGPU.*WebAssembly/),
    loaded: [{ id: 'a', weightsBytes: expect.any(Number) }],
  });
});

test('answers of several sites share each step, and each is as if alone', async () => {
  const { ask, values, steps } = open();
  const prompts = [[1], [1, 2, 3], [9, 9]];
  const answers = await values(...prompts.map((ids, i) => ask(ids, { origin: `https://${i}.example` })));
  expect(answers).toEqual(prompts.map((ids) => chain(ids, 10)));
  expect(steps.filter((texts) => texts.length === 3).length).toBeGreaterThan(5);
});

test('an aborted answer is not in the next step', async () => {
  const { ask, settled, steps, clock } = open();
  const abort = new AbortController();
  const aborted = ask([1], { maxTokens: 500 }, abort.signal);
  const other = ask([2], { maxTokens: 20 });
  while (steps.length < 5) await clock.advance(1);
  abort.abort();
  const before = steps.length;
  const [first, second] = await settled(aborted, other);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
  expect(second).toEqual({ status: 'fulfilled', value: chain([2], 20) });
  expect(steps.slice(before + 1).every((texts) => texts.length === 1)).toBe(true);
});

test('a frame that breaks fails its answers with a sentence, and another serves the next', async () => {
  const { ask, settled, frames } = open({ breaksAt: 4 });
  const [broken] = await settled(ask([1]));
  expect(broken).toMatchObject({ status: 'rejected', reason: { message: 'It broke off.' } });
  expect(frames()).toBe(1);
  expect(await settled(ask([1]))).toEqual([{ status: 'fulfilled', value: chain([1], 10) }]);
  expect(frames()).toBe(2);
});

test('the user’s share holds for the processor’s time', async () => {
  const elapsed = async (gpuPercent: number) => {
    const { clock, ask, values } = open({ stepMs: 10, caps: { gpuPercent, memoryBytes: 1e9 } });
    await values(ask([1], { maxTokens: 100 }));
    return clock.now();
  };
  const [whole, quarter] = [await elapsed(100), await elapsed(25)];
  expect(whole).toBeLessThan(1100);
  expect(quarter / whole).toBeGreaterThan(3.5);
  expect(quarter / whole).toBeLessThan(4.2);
});

test('a model over the memory cap is refused before anything is loaded', async () => {
  const { ask, settled, steps } = open({ caps: { gpuPercent: 100, memoryBytes: 1e6 } });
  const [result] = await settled(ask([1]));
  expect(result).toMatchObject({
    status: 'rejected',
    reason: { code: 'out-of-memory', message: expect.stringMatching(/needs .* MB.*memory cap/) },
  });
  expect(steps).toEqual([]);
});
