import { expect, test } from 'vitest';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { HearthError } from '../protocol/errors.ts';
import { connect } from './connect.ts';
import { reconnecting } from './reconnecting.ts';
import { serve } from './serve.ts';
import type { Wire } from './wire.ts';

interface Calls {
  life: { input: undefined; part: never; output: number };
  fail: { input: undefined; part: never; output: never };
  die: { input: undefined; part: never; output: number };
}

/** Somebody who stops whenever `die` is called in one of the first `deaths` lives, and counts lives and calls. */
function open(deaths: number) {
  const wires: Wire[] = [];
  let calls = 0;
  const call = reconnecting<Calls>(() => {
    const [near, far] = memoryWires();
    const life = wires.push(far);
    serve<Calls>(far, {
      life: { parse: () => undefined, run: () => life },
      fail: {
        parse: () => undefined,
        run() {
          calls++;
          throw new HearthError('not-found', 'Not here.');
        },
      },
      die: {
        parse: () => undefined,
        run() {
          calls++;
          if (life <= deaths) far.close();
          return life;
        },
      },
    });
    return connect<Calls>(near);
  });
  return { call, wires, calls: () => calls };
}

test('one wire serves as long as it lives, and the next call after its death opens another', async () => {
  const { call, wires } = open(0);
  expect([await call('life', undefined), await call('life', undefined)]).toEqual([1, 1]);
  wires[0]!.close();
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(await call('life', undefined)).toBe(2);
});

test('a call that was cut off is made once more', async () => {
  expect(await open(1).call('die', undefined)).toBe(2);
});

test('and only once', async () => {
  const { call, calls } = open(Number.POSITIVE_INFINITY);
  await expect(call('die', undefined)).rejects.toMatchObject({ code: 'gone' });
  expect(calls()).toBe(2);
});

test('a call that was answered with a failure is not repeated', async () => {
  const { call, calls } = open(0);
  await expect(call('fail', undefined)).rejects.toMatchObject({ code: 'not-found' });
  expect(calls()).toBe(1);
});
