import { expect, test, vi } from 'vitest';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { HearthError } from '../protocol/errors.ts';
import { CALLS_PER_WIRE, PARTS_IN_FLIGHT } from '../protocol/limits.ts';
import { connect } from './connect.ts';
import { deferred } from './deferred.ts';
import { type Handlers, type OpenCall, serve } from './serve.ts';

interface Calls {
  double: { input: number; part: never; output: number };
  count: { input: number; part: number; output: string };
}

/** Lets every message that is under way arrive: a few turns of the loop, no clock. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function open(overrides: Partial<Handlers<Calls>> = {}) {
  const [near, far] = memoryWires();
  const report = vi.fn();
  serve<Calls>(
    far,
    {
      double: {
        parse(input) {
          if (typeof input !== 'number') throw new HearthError('bad-input', 'A number was expected.');
          return input;
        },
        run: (input) => input * 2,
      },
      count: {
        parse: Number,
        async run(input, call) {
          for (let i = 0; i < input; i++) await call.send(i);
          return 'counted';
        },
      },
      ...overrides,
    },
    { report },
  );
  return { client: connect<Calls>(near), near, far, report };
}

/** Frames as they come back, for a caller who does not keep to the protocol. */
function rawCaller() {
  const { near: _ } = { near: undefined };
  const [near, far] = memoryWires();
  serve<Calls>(
    far,
    { double: { parse: Number, run: () => new Promise<never>(() => {}) }, count: never() },
    {
      report: () => {},
    },
  );
  const answers: unknown[] = [];
  near.listen((message) => answers.push(message));
  return { post: near.post as (message: unknown) => void, answers };
}

function never() {
  return { parse: Number, run: () => new Promise<never>(() => {}) };
}

test('a call is answered', async () => {
  expect(await open().client.call('double', 21)).toBe(42);
});

test('a stream gives its parts in order and then its output', async () => {
  const stream = open().client.stream('count', 100);
  const parts: number[] = [];
  for await (const part of stream) parts.push(part);
  expect(parts).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(await stream.output).toBe('counted');
});

test('a handler may hand on the sending of parts by itself', async () => {
  const { client } = open({
    count: {
      parse: Number,
      async run(input, { send }) {
        await send(input);
        return 'counted';
      },
    },
  });
  const parts: number[] = [];
  await client.call('count', 7, { onPart: (part) => parts.push(part) });
  expect(parts).toEqual([7]);
});

test('a call whose parts nobody wants ends all the same', async () => {
  expect(await open().client.call('count', 100)).toBe('counted');
});

test('what the callee finds wrong comes back with code and sentence', async () => {
  await expect(open().client.call('double', 'x' as never)).rejects.toMatchObject({
    name: 'HearthError',
    code: 'bad-input',
    message: 'A number was expected.',
  });
});

test('an error of our own stays inside and is reported', async () => {
  const { client, report } = open({
    double: {
      parse: Number,
      run() {
        throw new Error('secret path');
      },
    },
  });
  await expect(client.call('double', 1)).rejects.toMatchObject({ code: 'internal' });
  await expect(client.call('double', 1)).rejects.not.toThrow(/secret/);
  expect(report).toHaveBeenCalledTimes(2);
});

test('an output that cannot be copied fails the call', async () => {
  const { client } = open({ double: { parse: Number, run: () => (() => {}) as never } });
  await expect(client.call('double', 1)).rejects.toMatchObject({ code: 'internal' });
});

test('an input that cannot be copied fails the call and leaves the wire good', async () => {
  const { client } = open();
  await expect(client.call('double', (() => {}) as never)).rejects.toMatchObject({ code: 'bad-input' });
  expect(await client.call('double', 1)).toBe(2);
});

test('a slow reader slows the callee: no more than PARTS_IN_FLIGHT parts are ever unread', async () => {
  let sent = 0;
  const { client } = open({
    count: {
      parse: Number,
      async run(input, call) {
        for (; sent < input; sent++) await call.send(sent);
        return 'counted';
      },
    },
  });
  const parts = client.stream('count', 1000)[Symbol.asyncIterator]();
  await settle();
  expect(sent).toBe(PARTS_IN_FLIGHT - 1);

  for (let read = 1; read <= 40; read++) {
    expect(await parts.next()).toEqual({ done: false, value: read - 1 });
    await settle();
    expect(sent).toBe(PARTS_IN_FLIGHT - 1 + read);
  }
});

test('two streams of one wire do not slow each other', async () => {
  const { client } = open();
  client.stream('count', 1000);
  await settle();
  expect(await client.call('count', 1000)).toBe('counted');
});

/** A `count` that sends until somebody stops it, and what stopped it. */
function endless() {
  const ended = deferred<unknown>();
  const handler = {
    parse: Number,
    async run(_: number, call: OpenCall<number>) {
      call.signal.addEventListener('abort', () => ended.resolve(call.signal.reason));
      for (let i = 0; ; i++) await call.send(i);
    },
  };
  return { handler, ended: ended.promise };
}

test('aborting rejects at once with the reason of the signal and cancels at the callee', async () => {
  const { handler, ended } = endless();
  const { client } = open({ count: handler });
  const controller = new AbortController();
  const stream = client.stream('count', 0, { signal: controller.signal });
  await settle();

  const parts = stream[Symbol.asyncIterator]();
  await parts.next();
  const why = new Error('changed my mind');
  controller.abort(why);

  await expect(parts.next()).rejects.toBe(why);
  await expect(stream.output).rejects.toBe(why);
  expect(await ended).toMatchObject({ code: 'cancelled' });
});

test('leaving the loop cancels', async () => {
  const { handler, ended } = endless();
  for await (const part of open({ count: handler }).client.stream('count', 0)) if (part === 30) break;
  expect(await ended).toMatchObject({ code: 'cancelled' });
});

test('a signal that was aborted before never reaches the callee', async () => {
  const run = vi.fn(() => 1);
  const { client } = open({ double: { parse: Number, run } });
  const signal = AbortSignal.abort();
  await expect(client.call('double', 1, { signal })).rejects.toBe(signal.reason);
  await settle();
  expect(run).not.toHaveBeenCalled();
});

test('a caller who goes cancels all that it had open', async () => {
  const { handler, ended } = endless();
  const { client, near } = open({ count: handler });
  const stream = client.stream('count', 0);
  await settle();
  near.close();
  expect(await ended).toMatchObject({ code: 'gone' });
  await expect(stream.output).rejects.toMatchObject({ code: 'gone' });
});

test('a callee that goes fails open calls and later ones', async () => {
  const { client, far } = open({ double: never() });
  const call = client.call('double', 1);
  far.close();
  await expect(call).rejects.toMatchObject({ code: 'gone' });
  await expect(client.call('double', 1)).rejects.toMatchObject({ code: 'gone' });
});

test('what had come before the callee failed is still read', async () => {
  const { client } = open({
    count: {
      parse: Number,
      async run(_, call) {
        await call.send(7);
        throw new HearthError('device-lost', 'The GPU is gone.');
      },
    },
  });
  const parts = client.stream('count', 1)[Symbol.asyncIterator]();
  await settle();
  expect(await parts.next()).toEqual({ done: false, value: 7 });
  await expect(parts.next()).rejects.toMatchObject({ code: 'device-lost' });
});

test.each([
  { why: 'a call that is not in the contract', name: 'nothing' },
  { why: 'a property that every object has', name: 'constructor' },
  { why: 'the prototype', name: '__proto__' },
])('refuses $why', async ({ name }) => {
  await expect(open().client.call(name as 'double', 1)).rejects.toMatchObject({ code: 'unknown-call' });
});

test.each([
  { why: 'no kind', message: { id: 1 } },
  { why: 'an unknown kind', message: { id: 1, kind: 'shout' } },
  { why: 'a call without a name', message: { id: 1, kind: 'call' } },
  { why: 'a call whose name is a number', message: { id: 1, kind: 'call', name: 3 } },
])('refuses a frame with $why', async ({ message }) => {
  const { post, answers } = rawCaller();
  post(message);
  await settle();
  expect(answers).toEqual([{ kind: 'fail', id: 1, code: 'bad-input', message: expect.any(String) }]);
});

test.each([
  undefined,
  null,
  'call',
  3,
  [],
  {},
  { id: 'x', kind: 'call', name: 'double' },
  { id: 1.5, kind: 'read' },
])('passes over %j, which no answer could name', async (message) => {
  const { post, answers } = rawCaller();
  post(message);
  post({ kind: 'cancel', id: 99 });
  post({ kind: 'read', id: 99 });
  await settle();
  expect(answers).toEqual([]);
});

test('refuses more open calls than the limit, and an id that is still open', async () => {
  const { post, answers } = rawCaller();
  for (let id = 0; id < CALLS_PER_WIRE; id++) post({ kind: 'call', id, name: 'double', input: 1 });
  post({ kind: 'call', id: 0, name: 'double', input: 1 });
  post({ kind: 'call', id: 1000, name: 'double', input: 1 });
  await settle();
  expect(answers).toEqual([
    { kind: 'fail', id: 0, code: 'bad-input', message: expect.any(String) },
    { kind: 'fail', id: 1000, code: 'busy', message: expect.any(String) },
  ]);
});

test('reading what was never sent does not widen the window', async () => {
  let sent = 0;
  const [near, far] = memoryWires();
  serve<Calls>(far, {
    double: never(),
    count: {
      parse: Number,
      async run(_, call) {
        for (; ; sent++) await call.send(sent);
      },
    },
  });
  near.listen(() => {});
  near.post({ kind: 'call', id: 1, name: 'count', input: 1 });
  await settle();
  const before = sent;
  for (let i = 0; i < PARTS_IN_FLIGHT; i++) near.post({ kind: 'read', id: 1 });
  await settle();
  for (let i = 0; i < 1000; i++) near.post({ kind: 'cancel', id: 2 });
  await settle();
  expect(sent).toBe(before + PARTS_IN_FLIGHT);
});
