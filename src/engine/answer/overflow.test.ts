// Steps whose numbers overflow in f16, and whatever goes on in f32.
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { Governor } from '../schedule/governor.ts';
import type { Plan } from '../plan/plan.ts';
import { Runner } from './runner.ts';
import { Overflow, type Stepper } from '../schedule/stepper.ts';

const PLAN: Plan = {
  contextLength: 64,
  slots: 2,
  maxRows: 8,
  pageSize: 16,
  isWhole: false,
  groups: [{ window: 0, blocks: [0], pageCount: 8 }],
  pageCount: 8,
  maxPages: 4,
  kv: 'f32',
  weightsBytes: 0,
  kvBytes: 0,
  activationsBytes: 0,
  totalBytes: 0,
};

/** The next token is the position that it takes. From a step on, `odd` says what becomes of it. */
function stepper(odd: (step: number) => 'overflow' | 'not finite' | undefined): Stepper {
  let steps = 0;
  return {
    depth: 4,
    ahead: 4,
    keepsPages: true,
    setPage() {},
    setSampler() {},
    async run({ decodes, prefills }) {
      const fate = odd(steps++);
      const outputs = [...decodes, ...prefills].filter(({ isOutput }) => isOutput);
      for (let i = 0; i < 5; i++) await Promise.resolve();
      if (fate === 'overflow') throw new Overflow();
      return {
        ids: Uint32Array.from(outputs, ({ firstPosition, rows }) => firstPosition + rows),
        logprobs: Float32Array.from(outputs, () => (fate ? Number.NaN : -1)),
        busyMs: 0,
      };
    },
    destroy() {},
  };
}

async function answer(first: Stepper, next: (cause: unknown) => Stepper): Promise<number[]> {
  const clock = fakeClock();
  const runner = new Runner({
    plan: PLAN,
    step: first,
    clock,
    governor: new Governor(clock),
    endIds: new Set(),
    newDecoder: () => ({ push: () => '', end: () => '' }),
    recover: async (cause) => next(cause),
  });
  const ids: number[] = [];
  const running = runner.run(
    {
      ids: [9, 9, 9],
      maxTokens: 20,
      sampling: GREEDY,
      stop: [],
      origin: 'https://a.example',
      lane: 'interactive',
    },
    async (part) => void ids.push(...part.ids),
    new AbortController().signal,
  );
  let isOver = false;
  running.catch(() => {}).finally(() => (isOver = true));
  for (let ms = 0; !isOver && ms < 500; ms++) await clock.advance(1);
  await running;
  return ids;
}

test.each([0, 1, 2, 7, 19])('an overflow at step %i costs no token and doubles none', async (at) => {
  const causes: unknown[] = [];
  const ids = await answer(
    stepper((step) => (step >= at ? 'overflow' : undefined)),
    (cause) => {
      causes.push(cause);
      return stepper(() => undefined);
    },
  );
  expect(ids).toEqual(Array.from({ length: 20 }, (_, i) => 3 + i));
  expect(causes).toEqual([expect.any(Overflow)]);
});

test('numbers that are not finite in f32 either end the answer with a sentence', async () => {
  const never = () => {
    throw new Error('Nothing is better than f32.');
  };
  await expect(
    answer(
      stepper((step) => (step >= 3 ? 'not finite' : undefined)),
      never,
    ),
  ).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(/not finite.*damaged/) });
});
