// Who waits for whom, on a stepper that takes the time that a GPU takes by what is in its steps. The clock moves when told.
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { PagedStepper } from '../../../test/fakes/paged-stepper.ts';
import { GREEDY, type Lane } from '../../protocol/generate.ts';
import { Governor } from './governor.ts';
import type { Plan } from '../plan/plan.ts';
import { Runner } from '../answer/runner.ts';
import type { StepPlan } from './schedule.ts';
import { rowsOf } from './schedule.ts';

const PLAN: Plan = {
  contextLength: 8192,
  slots: 32,
  maxRows: 512,
  isWhole: false,
  groups: [{ window: 0, pageCount: 8192, blocks: [0] }],
  pageSize: 16,
  pageCount: 8192,
  maxPages: 512,
  kv: 'f32',
  weightsBytes: 0,
  kvBytes: 0,
  activationsBytes: 0,
  totalBytes: 0,
};

/** A model of 1B on a large GPU: weights are read once a step, rows of prompts cost what they compute. */
function stepMs({ decodes, prefills }: StepPlan): number {
  return 0.7 + 0.03 * Math.max(0, decodes.length - 1) + 0.02 * rowsOf(prefills);
}

function machine() {
  const clock = fakeClock();
  let freeAt = 0;
  const step = new PagedStepper({
    pageSize: PLAN.pageSize,
    takesGuesses: false,
    sample: (text) => text.length,
    busyMs: stepMs,
    // Steps run one after the other
    arrive(ms) {
      freeAt = Math.max(freeAt, clock.now()) + ms;
      return new Promise((resolve) => void clock.after(freeAt - clock.now(), resolve));
    },
  });
  /** Of each origin, when its tokens came. */
  const came = new Map<string, number[]>();
  const run = step.run.bind(step);
  step.run = async (plan) => {
    const result = await run(plan);
    for (const { sequence, isOutput } of [...plan.decodes, ...plan.prefills])
      if (isOutput) came.set(sequence.origin, [...(came.get(sequence.origin) ?? []), clock.now()]);
    return result;
  };
  const runner = new Runner({
    plan: PLAN,
    step,
    clock,
    governor: new Governor(clock),
    endIds: new Set(),
    newDecoder: () => ({ push: () => '', end: () => '' }),
    recover: () => Promise.reject(new Error('not lost')),
  });
  const ask = (origin: string, lane: Lane, prompt: number, maxTokens: number) =>
    runner
      .run(
        // Texts that nobody has begun alike
        {
          ids: Array.from({ length: prompt }, (_, i) => hashOf(origin) + i),
          maxTokens,
          sampling: GREEDY,
          stop: [],
          origin,
          lane,
        },
        async () => {},
        new AbortController().signal,
      )
      .catch(() => {});
  return { clock, ask, came, stop: () => runner.stop(undefined) };
}

function hashOf(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 65_521, 7) * 1000;
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]) => sorted(values)[Math.floor(values.length / 2)]!;
const percentile99 = (values: readonly number[]) => sorted(values)[Math.floor(0.99 * values.length)]!;
const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i]!);

async function soloMedian(): Promise<number> {
  const { clock, ask, came, stop } = machine();
  void ask('reader', 'interactive', 40, 200);
  await clock.advance(200);
  stop();
  return median(gaps(came.get('reader')!));
}

test('under full bulk load a stream that somebody reads keeps its pace, and the load goes on', async () => {
  const solo = await soloMedian();
  const { clock, ask, came, stop } = machine();
  // Twenty streams, and prompts that never end
  for (let i = 0; i < 20; i++) void ask(`stream ${i}`, 'bulk', 30, 4000);
  for (let i = 0; i < 8; i++) void ask(`prompt ${i}`, 'bulk', 6000, 4);
  await clock.advance(100);
  void ask('reader', 'interactive', 40, 250);
  await clock.advance(500);
  stop();

  const times = came.get('reader')!;
  expect(times.length).toBeGreaterThan(200);
  expect(percentile99(gaps(times))).toBeLessThanOrEqual(2 * solo);
  const [from, to] = [times[0]!, times.at(-1)!];
  const loadTokens = [...came].flatMap(([origin, all]) =>
    origin.startsWith('stream') ? [all.filter((time) => time > from && time < to).length] : [],
  );
  // Each of them, and more all together than the reader
  expect(Math.min(...loadTokens)).toBeGreaterThan(10);
  expect(loadTokens.reduce((a, b) => a + b)).toBeGreaterThan(2 * times.length);
});

test('a new page has its first token within one and a half prefills of its prompt while others stream', async () => {
  const prompt = 1500;
  const first = async (others: number) => {
    const { clock, ask, came, stop } = machine();
    for (let i = 0; i < others; i++) {
      void ask(`stream ${i}`, i % 2 ? 'interactive' : 'bulk', 30, 4000);
      if (i % 4 === 0) void ask(`prompt ${i}`, 'bulk', 6000, 4);
    }
    await clock.advance(100);
    const askedAt = clock.now();
    void ask('new', 'interactive', prompt, 4);
    await clock.advance(200);
    stop();
    return came.get('new')![0]! - askedAt;
  };
  expect(await first(12)).toBeLessThanOrEqual(1.5 * (await first(0)));
});
