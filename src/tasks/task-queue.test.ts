import { expect, test } from 'vitest';
import { TaskQueue, type Waiting } from './task-queue.ts';

const never = () => new AbortController().signal;

/** Jobs are numbers: how long they take. They are run when `go` is called. */
function open({ group = () => undefined as string | undefined } = {}) {
  let time = 0;
  const ran: string[][] = [];
  let go = () => {};
  const started = new Promise<void>((resolve) => (go = resolve));
  const queue = new TaskQueue<number>({
    now: () => time,
    group,
    async run(jobs: Waiting<number>[]) {
      ran.push(jobs.map(({ origin, input }) => `${origin}${input}`));
      await started;
      if (jobs.some(({ input }) => input < 0)) throw new Error('too little');
      for (const { input } of jobs) time += input;
      return jobs.map(({ input }) => input * 2);
    },
  });
  const add = (origin: string, input: number, signal = never()) =>
    queue.add({ origin, input, signal, send() {} });
  return { queue, add, go, ran };
}

test('an origin that asks for much waits for others that ask for little', async () => {
  const { add, go, ran } = open();
  const jobs = [add('a', 5), add('a', 6), add('a', 7), add('b', 1), add('b', 2)];
  await Promise.resolve();
  go();
  expect(await Promise.all(jobs)).toEqual([10, 12, 14, 2, 4]);
  expect(ran.flat()).toEqual(['a5', 'b1', 'b2', 'a6', 'a7']);
});

test('jobs of one group are run together, whoever asked', async () => {
  const { add, go, ran } = open({ group: () => 'all' });
  const jobs = [add('a', 1), add('b', 2), add('c', 3)];
  go();
  expect(await Promise.all(jobs)).toEqual([2, 4, 6]);
  expect(ran).toEqual([['a1', 'b2', 'c3']]);
});

test('one that fails among others fails alone', async () => {
  const { add, go, ran } = open({ group: () => 'all' });
  const jobs = [add('a', 1), add('b', -1), add('c', 3)];
  go();
  expect((await Promise.allSettled(jobs)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(ran).toEqual([['a1', 'b-1', 'c3'], ['a1'], ['b-1'], ['c3']]);
});

test('a job that is cancelled rejects at once; waiting ones are never run', async () => {
  const { queue, add, go, ran } = open();
  const abort = new AbortController();
  const running = add('a', 1, abort.signal);
  const waiting = add('a', 2, abort.signal);
  const other = add('b', 3);
  await Promise.resolve();
  expect(queue.all.map(({ isRunning }) => isRunning)).toEqual([true, false, false]);
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(() => queue.mustGoOn()).toThrow(/cancelled/);
  go();
  expect(await other).toBe(6);
  expect(ran.flat()).toEqual(['a1', 'b3']);
});

test('the user stops all jobs of one site, and no others', async () => {
  const { queue, add, go } = open();
  const jobs = [add('a', 1), add('b', 2), add('a', 3)];
  await Promise.resolve();
  expect(queue.stop('a')).toBe(2);
  expect(queue.stop('a')).toBe(0);
  go();
  const ends = await Promise.allSettled(jobs);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
});
