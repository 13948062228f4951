// The engine's own runner on a stepper whose cache keeps what was written to it.
import { Governor } from '../../src/engine/schedule/governor.ts';
import type { Plan } from '../../src/engine/plan/plan.ts';
import { Runner } from '../../src/engine/answer/runner.ts';
import { GREEDY } from '../../src/protocol/generate.ts';
import type { RunRequest } from '../../src/engine/answer/answer.ts';
import { fakeClock } from './clock.ts';
import { PagedStepper, type PagedStepperOptions } from './paged-stepper.ts';

const PAGE = 4;

export interface PagedRunnerOptions extends Partial<PagedStepperOptions> {
  sample: PagedStepperOptions['sample'];
  slots?: number;
  pageCount?: number;
  endIds?: ReadonlySet<number>;
  clock?: ReturnType<typeof fakeClock>;
}

/** `ask` resolves to the answer's ids. */
export function openPagedRunner(options: PagedRunnerOptions) {
  const { slots = 20, pageCount = 400, endIds = new Set(), clock = fakeClock() } = options;
  const step = new PagedStepper({ pageSize: PAGE, ...options });
  const runner = new Runner({
    plan: pagedPlan(slots, pageCount),
    step,
    clock,
    governor: new Governor(clock),
    endIds,
    newDecoder: () => ({ push: () => '', end: () => '' }),
    recover: () => Promise.reject(new Error('not lost')),
  });
  const ask = async (
    request: Pick<RunRequest, 'ids' | 'maxTokens'> & Partial<RunRequest>,
    signal = new AbortController().signal,
  ) => {
    const answer: number[] = [];
    await runner.run(
      { sampling: GREEDY, stop: [], origin: 'https://a.example', lane: 'interactive', ...request },
      async (part) => void answer.push(...part.ids),
      signal,
    );
    return answer;
  };
  return { step, runner, ask };
}

export function pagedPlan(slots: number, pageCount: number): Plan {
  return {
    contextLength: 400,
    slots,
    maxRows: 64,
    isWhole: false,
    groups: [{ window: 0, pageCount, blocks: [0] }],
    pageSize: PAGE,
    pageCount,
    maxPages: 100,
    kv: 'f32',
    weightsBytes: 0,
    kvBytes: 0,
    activationsBytes: 0,
    totalBytes: 0,
  };
}
