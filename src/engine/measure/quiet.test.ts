import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { Governor } from '../schedule/governor.ts';
import { Quiet } from './quiet.ts';

function stage() {
  const clock = fakeClock();
  const governor = new Governor(clock);
  const others = { busy: false };
  const quiet = new Quiet({ clock, governor, isBusy: () => others.busy });
  const stop = new AbortController();
  const waits: number[] = [];
  const patience = { signal: stop.signal, onWait: () => void waits.push(clock.now()) };
  return { clock, governor, others, quiet, stop, waits, patience };
}

test('a run waits until nothing else is under way', async () => {
  const { clock, others, quiet, waits, patience } = stage();
  others.busy = true;
  let hasRun = false;
  void quiet.alone(async () => Number((hasRun = true)), patience);
  await clock.advance(120);
  expect(hasRun).toBe(false);
  expect(waits).toEqual([0, 50, 100]);
  others.busy = false;
  await clock.advance(50);
  expect(hasRun).toBe(true);
});

test('what comes during a run waits for its end, and goes before the next one', async () => {
  const { clock, others, quiet, patience } = stage();
  const order: string[] = [];
  const run = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise<void>((resolve) => clock.after(10, resolve));
    order.push(`${name} ends`);
    return 10;
  };
  const both = quiet.alone(run('first'), patience).then(() => quiet.alone(run('second'), patience));
  await clock.advance(5);
  void quiet.over.then(() => {
    order.push('another is asked');
    others.busy = true;
    clock.after(30, () => (others.busy = false));
  });
  await clock.advance(500);
  await both;
  expect(order).toEqual(['first begins', 'first ends', 'another is asked', 'second begins', 'second ends']);
});

test('runs are paid out of the share of the GPU that the user gives', async () => {
  const { clock, governor, quiet, patience } = stage();
  governor.share = 0.1;
  let runs = 0;
  void (async () => {
    for (; ; runs++) await quiet.alone(async () => 100, patience);
  })();
  await clock.advance(10_000);
  // A tenth of ten seconds, and what was saved up
  expect(runs).toBeLessThanOrEqual(11);
  expect(runs).toBeGreaterThanOrEqual(9);
});

test('a run that fails is over too', async () => {
  const { clock, quiet, patience } = stage();
  const failed = quiet.alone(() => Promise.reject(new Error('lost')), patience);
  const seen = expect(failed).rejects.toThrow('lost');
  await clock.advance(1);
  await seen;
  await quiet.over;
});

test('who waits can give up', async () => {
  const { clock, others, quiet, stop, patience } = stage();
  others.busy = true;
  const waiting = quiet.alone(async () => 1, patience);
  const seen = expect(waiting).rejects.toThrow('abort');
  await clock.advance(60);
  stop.abort();
  await clock.advance(60);
  await seen;
});
