// Texts of several sites through the step loop, on a small working stepper whose vectors say what text they are of.
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { HearthError } from '../../protocol/errors.ts';
import { Embedder } from './embedder.ts';
import { Governor } from '../schedule/governor.ts';
import type { Plan } from '../plan/plan.ts';
import type { StepPlan } from '../schedule/schedule.ts';
import type { Stepper } from '../schedule/stepper.ts';
import type { VectorsResult } from './vector-step.ts';

const PLAN: Plan = {
  contextLength: 40,
  slots: 6,
  maxRows: 40,
  isWhole: true,
  groups: [],
  pageSize: Number.POSITIVE_INFINITY,
  pageCount: 0,
  maxPages: 0,
  kv: 'f32',
  weightsBytes: 0,
  kvBytes: 0,
  activationsBytes: 0,
  totalBytes: 0,
};

/** What the stepper below makes of a text: its length and a number of all its tokens. */
const vectorOf = (tokens: readonly number[]) =>
  Float32Array.of(
    tokens.length,
    tokens.reduce((sum, token, i) => (sum * 7 + token + i) % 9973, 1),
  );

interface Step {
  origins: string[];
  rows: number;
}

/** Its steps come back a while after the next are submitted; the `lostAt`-th is lost. */
function stepper(steps: Step[], msPerRow = 0.5, lostAt = Number.POSITIVE_INFINITY): Stepper<VectorsResult> {
  let count = 0;
  return {
    depth: 2,
    ahead: 2,
    keepsPages: true,
    setPage() {},
    setSampler() {},
    async run({ decodes, prefills }: StepPlan) {
      const chunks = [...decodes, ...prefills];
      for (const { sequence, firstPosition, rows, isOutput } of chunks)
        expect({ firstPosition, rows, isOutput }).toEqual({
          firstPosition: 0,
          rows: sequence.tokens.length,
          isOutput: true,
        });
      const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
      expect(rows).toBeLessThanOrEqual(PLAN.maxRows);
      steps.push({ origins: chunks.map(({ sequence }) => sequence.origin), rows });
      const vectors = chunks.map(({ sequence }) => vectorOf(sequence.tokens));
      const isLost = count++ >= lostAt;
      for (let i = 0; i < 10; i++) await Promise.resolve();
      if (isLost) throw new HearthError('device-lost', 'The GPU was lost.');
      return { vectors, busyMs: rows * msPerRow };
    },
    destroy() {},
  };
}

function open({
  first = stepper([]),
  next = [] as Stepper<VectorsResult>[],
  governor = new Governor(fakeClock()),
} = {}) {
  const embedder = new Embedder({
    plan: PLAN,
    step: first,
    governor,
    async recover() {
      const step = next.shift();
      if (!step) throw new HearthError('no-device', 'Nothing is left.');
      return step;
    },
  });
  const ask = (
    texts: number[][],
    {
      origin = 'https://a.example',
      onProgress = (_: number) => {},
      signal = new AbortController().signal,
    } = {},
  ) => embedder.embed({ texts, origin, lane: 'interactive' }, onProgress, signal);
  return { embedder, ask };
}

const texts = (count: number, length = (i: number) => 1 + ((i * 7) % 40)) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: length(i) }, (_, at) => i + at));

test('every text has its own vector, in order, and progress counts them', async () => {
  const { ask } = open();
  const done: number[] = [];
  const all = texts(50);
  expect(await ask(all, { onProgress: (count) => done.push(count) })).toEqual(all.map(vectorOf));
  expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});

test('short texts share a step, and none has more rows than there is room for', async () => {
  const steps: Step[] = [];
  const { ask } = open({ first: stepper(steps) });
  await ask(texts(60, () => 5));
  expect(steps.length).toBeLessThanOrEqual(60 / 3);
  expect(Math.max(...steps.map(({ rows }) => rows))).toBeLessThanOrEqual(PLAN.maxRows);
});

test('texts of one token and of as many as the model reads have room in the same steps', async () => {
  const { ask } = open();
  const all = texts(40, (i) => (i % 2 === 0 ? 1 : 40));
  expect(await ask(all)).toEqual(all.map(vectorOf));
});

test('a text longer than a step’s time allows is taken alone, whoever else waits', async () => {
  const steps: Step[] = [];
  // Shared steps have time for the fewest rows there are
  const { ask } = open({ first: stepper(steps, 100) });
  const short = texts(30, () => 4);
  const long = texts(3, () => 40);
  const [one, other] = await Promise.all([
    ask(short, { origin: 'https://short.example' }),
    ask(long, { origin: 'https://long.example' }),
  ]);
  expect(one).toEqual(short.map(vectorOf));
  expect(other).toEqual(long.map(vectorOf));
  // Not after all the short ones
  const lastLong = steps.findLastIndex(({ origins }) => origins.includes('https://long.example'));
  const lastShort = steps.findLastIndex(({ origins }) => origins.includes('https://short.example'));
  expect(Math.abs(lastLong - lastShort)).toBeLessThan(steps.length / 2);
});

test('a site with thousands of texts leaves another its share of rows', async () => {
  const steps: Step[] = [];
  const { ask } = open({ first: stepper(steps) });
  const many = ask(
    texts(2000, () => 8),
    { origin: 'https://many.example' },
  );
  const few = ask(
    texts(12, () => 8),
    { origin: 'https://few.example' },
  );
  await Promise.all([many, few]);
  const lastFew = steps.findLastIndex(({ origins }) => origins.includes('https://few.example'));
  expect(lastFew).toBeLessThan(20);
});

test('while another model has steps to run, each is as short as if sites shared it', async () => {
  const rowsWith = async (isShared: boolean) => {
    const steps: Step[] = [];
    const governor = new Governor(fakeClock());
    const { ask } = open({ first: stepper(steps), governor });
    if (isShared) governor.enter();
    await ask(texts(60, () => 4));
    return Math.max(...steps.map(({ rows }) => rows));
  };
  // 8 ms at half a millisecond a row, against all the rows that there are slots for
  expect(await rowsWith(true)).toBe(16);
  expect(await rowsWith(false)).toBe(24);
});

describe('what ends a request', () => {
  test('its signal, and what it had waiting takes no more steps', async () => {
    const steps: Step[] = [];
    const { ask, embedder } = open({ first: stepper(steps) });
    const abort = new AbortController();
    const request = ask(texts(500), {
      signal: abort.signal,
      onProgress: (count) => count === 20 && abort.abort(),
    });
    await expect(request).rejects.toMatchObject({ code: 'cancelled' });
    const taken = steps.length;
    await ask(texts(3), { origin: 'https://b.example' });
    const later = steps.slice(taken + 1).flatMap(({ origins }) => origins);
    expect(later).not.toContain('https://a.example');
    expect([...embedder.running]).toEqual([]);
  });

  test('the user, for one site alone', async () => {
    const { ask, embedder } = open();
    const stopped: number[] = [];
    const one = ask(texts(500), {
      onProgress: (count) => count === 5 && stopped.push(embedder.stop('https://a.example')),
    });
    const other = ask(texts(30), { origin: 'https://b.example' });
    await expect(one).rejects.toMatchObject({ code: 'cancelled' });
    expect(await other).toEqual(texts(30).map(vectorOf));
    expect(stopped).toEqual([1]);
  });

  test('a text that is empty or longer than the model reads, before anything is computed', async () => {
    const steps: Step[] = [];
    const { ask } = open({ first: stepper(steps) });
    await expect(ask([[1], []])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('Input 1'),
    });
    await expect(ask([[1], texts(1, () => 41)[0]!])).rejects.toMatchObject({
      code: 'too-long',
      message: expect.stringMatching(/Input 1 has 41 tokens.*up to 40/),
    });
    expect(steps).toEqual([]);
  });

  test('a device that nothing takes the place of', async () => {
    const { ask } = open({ first: stepper([], 0.5, 3) });
    await expect(ask(texts(100))).rejects.toMatchObject({ code: 'no-device' });
  });
});

test.each([0, 1, 2, 5, 9])('a device lost at step %i costs no vector and doubles none', async (lostAt) => {
  const { ask } = open({ first: stepper([], 0.5, lostAt), next: [stepper([], 0.5, 2), stepper([])] });
  const done: number[] = [];
  const all = texts(80);
  expect(await ask(all, { onProgress: (count) => done.push(count) })).toEqual(all.map(vectorOf));
  expect(done).toHaveLength(80);
});
