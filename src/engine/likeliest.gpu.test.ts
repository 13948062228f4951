// The likeliest tokens beside each token of an answer, judged by the logits after the same text.
import { afterAll, expect, test, vi } from 'vitest';
import { LIST_BYTES } from '../../kernels/likeliest/likeliest.ts';
import { likeliestReference } from '../../kernels/likeliest/reference.ts';
import { openGpu } from '../../test/gpu.ts';
import { randomModel } from '../cli/random-model.ts';
import { GREEDY, type SamplingOptions, type TokenLogprob } from '../protocol/generate.ts';
import type { RunRequest } from './answer/answer.ts';
import { systemClock } from './clock.ts';
import { Governor } from './schedule/governor.ts';
import { Model } from './model.ts';
import { readModelFile } from './model-file.ts';

const bytes = randomModel('tiny', 'Q8_0');
const source = {
  size: bytes.length,
  read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
};
const gpu = await openGpu({ features: { dp4a: false } });
const model = await Model.load({
  device: { open: async () => gpu },
  file: await readModelFile(source),
  source,
  clock: systemClock,
  governor: new Governor(systemClock),
  sizes: { budgetBytes: 2 ** 32, slots: 8, contextLength: 96, maxRows: 24 },
});
afterAll(() => model.dispose());

const PROMPT = [5, 6, 7, 5, 6, 7, 5, 6, 7];

/** A token stands for the bytes of its id, so that what comes back says which one it is. */
const bytesOf = (id: number) => new Uint8Array(Uint32Array.of(id).buffer);
const idOf = ({ bytes }: { bytes: number[] }) => new Uint32Array(Uint8Array.from(bytes).buffer)[0]!;

async function answer(request: Partial<RunRequest>, sampling: Partial<SamplingOptions> = {}) {
  const ids: number[] = [];
  const logprobs: TokenLogprob[] = [];
  const output = await model.run(
    {
      ids: PROMPT,
      maxTokens: 12,
      sampling: { ...GREEDY, ...sampling },
      stop: [],
      origin: 'https://a.example',
      lane: 'interactive',
      ignoreEnd: true,
      bytesOf,
      ...request,
    },
    async (part) => {
      ids.push(...part.ids);
      logprobs.push(...(part.logprobs ?? []));
    },
    new AbortController().signal,
  );
  return { ids, logprobs, ...output };
}

/** Each list is that of the logits after the text before it, and so is the chosen token's own number. */
async function expectLists({ ids, logprobs }: Awaited<ReturnType<typeof answer>>, count: number) {
  expect(logprobs.map(idOf)).toEqual(ids);
  const rows = await model.logits([...PROMPT, ...ids.slice(0, -1)], true);
  for (const [i, { top = [], logprob }] of logprobs.entries()) {
    const all = likeliestReference([...rows[PROMPT.length - 1 + i]!], Number.POSITIVE_INFINITY);
    const exact = new Map(all.map((one) => [one.id, one.logprob]));
    expect(Math.abs(logprob - exact.get(ids[i]!)!)).toBeLessThan(0.01);
    expect(top).toHaveLength(count);
    expect(new Set(top.map(idOf)).size).toBe(count);
    // Rows of other sizes are computed by other kernels, whose last bits differ: neighbours may change places
    for (const [place, one] of top.entries()) {
      expect(Math.abs(one.logprob - exact.get(idOf(one))!)).toBeLessThan(0.01);
      expect(Math.abs(one.logprob - all[place]!.logprob)).toBeLessThan(0.01);
      if (place > 0) expect(one.logprob).toBeLessThanOrEqual(top[place - 1]!.logprob);
    }
  }
}

test('a greedy answer’s tokens are the first of their lists', async () => {
  const greedy = await answer({ likeliest: 20, speculates: 'never' });
  await expectLists(greedy, 20);
  expect(greedy.logprobs.map(({ top }) => idOf(top![0]!))).toEqual(greedy.ids);
});

test('lists are of the logits as they came, whatever is sampled from them', async () => {
  const sampling = { temperature: 2, topK: 50, seed: 3, frequencyPenalty: 1, repetitionPenalty: 1.2 };
  const drawn = await answer({ likeliest: 3 }, sampling);
  await expectLists(drawn, 3);
  expect(drawn.logprobs.some(({ top }, i) => !top!.map(idOf).includes(drawn.ids[i]!))).toBe(true);
});

test('each of several tokens that one step gives has a list of its own', async () => {
  const guessed = await answer({ likeliest: 2, speculates: 'always', maxTokens: 60 });
  expect(guessed.steps).toBeLessThan(guessed.ids.length);
  await expectLists(guessed, 2);
});

test('an answer that is held to a form has the lists of what the model would say freely', async () => {
  const held: RunRequest['held'] = { constraint: { kind: 'regex', pattern: '[01]{12}' } };
  const answered = await answer({ likeliest: 4, held, ignoreEnd: false, maxTokens: 40 });
  await expectLists(answered, 4);
  expect(answered.logprobs.some(({ top }, i) => idOf(top![0]!) !== answered.ids[i])).toBe(true);
});

test('answers side by side have as many as each asked for, and are the same with and without', async () => {
  const alone = await answer({ bytesOf: undefined }, { temperature: 1, seed: 4 });
  const origins = ['https://b.example', 'https://c.example', 'https://d.example'];
  const [none, two, five] = await Promise.all(
    [undefined, 2, 5].map((likeliest, i) =>
      answer({ likeliest, origin: origins[i]! }, { temperature: 1, seed: 4 }),
    ),
  );
  for (const { ids } of [none!, two!, five!]) expect(ids).toEqual(alone.ids);
  expect(none!.logprobs.every((one) => !('top' in one))).toBe(true);
  await expectLists(two!, 2);
  await expectLists(five!, 5);
});

test('where nobody asks, nothing more is dispatched or read, also in a slot that had lists before', async () => {
  const copied = vi.spyOn(GPUCommandEncoder.prototype, 'copyBufferToBuffer');
  const run = vi.spyOn(GPUComputePassEncoder.prototype, 'setPipeline');
  const done = async (likeliest: number | undefined) => {
    copied.mockClear();
    run.mockClear();
    await answer({ likeliest, maxTokens: 4, speculates: 'never' });
    const results = (copied.mock.calls as unknown[][]).filter(
      ([from]) => (from as GPUBuffer).label === 'results',
    );
    const names = run.mock.calls.map(([{ label }]) => label).filter((name) => name.startsWith('likeliest'));
    return { bytes: new Set(results.map((call) => call[4])), names: new Set(names) };
  };
  const [listed, plain] = [await done(1), await done(undefined)];
  vi.restoreAllMocks();
  expect(listed).toEqual({
    bytes: new Set([256 + LIST_BYTES]),
    names: new Set(['likeliest-scan', 'likeliest-pick']),
  });
  expect(plain).toEqual({ bytes: new Set([8]), names: new Set() });
});
