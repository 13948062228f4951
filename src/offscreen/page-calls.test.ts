// A page's calls over everything real but the engine, the user and the wire's platform.
import { expect, test } from 'vitest';
import { fakeEngine } from '../../test/fakes/engine.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { connect } from '../channel/connect.ts';
import { deferred } from '../channel/deferred.ts';
import { serve } from '../channel/serve.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { HttpHead, PageCalls } from '../protocol/page-calls.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import { Consent, type ConsentDeps } from './consent.ts';
import { Engine } from './engine.ts';
import { newPage } from './page.ts';
import { pageCalls } from './page-calls.ts';
import { Questions } from './questions.ts';
import { RecentRuns } from './recent-runs.ts';
import { Slots } from './slots.ts';

const noRoom = { mayLeave: () => false, summary: () => ({ machines: 0, sharing: 0, mayUse: false }) };

const SLOTS = 2;

/** Pages of sites that the user has allowed the default model. `resume` lets slow answers go on. */
function open() {
  const pause = deferred<void>();
  const engine = new Engine({
    open() {
      const [near, far] = memoryWires();
      serve<EngineCalls>(
        far,
        fakeEngine(() => pause.promise),
      );
      return near;
    },
    settings: async () => DEFAULT_SETTINGS,
    wasmFrames: { take: async () => {}, removeAll() {} },
  });
  const consent = new Consent({
    background: (async (_: string, { origin }: { origin: string }) => ({
      origin,
      decision: 'allow',
      models: ['hearthside'],
      decidedAt: 0,
    })) as unknown as ConsentDeps['background'],
    questions: new Questions({
      openPrompt: async () => {
        throw new Error('nobody is asked here');
      },
      closePrompt: async () => {},
      wait: () => new Promise(() => {}),
      newId: () => 'q',
    }),
    models: async () => (await engine.client()).call('models', undefined),
    download: async () => {},
    defaultModel: () => engine.defaultModel(),
    stop: async () => {},
  });
  const slots = new Slots(SLOTS);
  const runs = new RecentRuns();
  const attach = (origin: string, isPrivate = false) => {
    const page = newPage(origin, isPrivate);
    page.once.add('hearthside');
    consent.join(page);
    const [near, far] = memoryWires();
    serve<PageCalls>(
      far,
      pageCalls({ page, consent, engine, slots, room: noRoom, runs, closed: far.closed }),
    );
    return connect<PageCalls>(near);
  };
  return { attach, resume: () => pause.resolve() };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a site has so many answers at once, in all its pages; others are not counted with it', async () => {
  const { attach, resume } = open();
  const [one, two, other] = [attach('http://a'), attach('http://a'), attach('http://b')];
  const slow = [one, two].map((page) => page.call('complete', { prompt: 'slow' }));
  await settle();
  await expect(one.call('complete', { prompt: 'x' })).rejects.toMatchObject({ code: 'busy' });
  expect(await other.call('complete', { prompt: 'x' })).toMatchObject({ object: 'text_completion' });

  resume();
  await Promise.all(slow);
  expect(await one.call('complete', { prompt: 'x' })).toMatchObject({ object: 'text_completion' });
});

test('an aborted answer gives its slot back', async () => {
  const page = open().attach('http://a');
  for (let i = 0; i < 3 * SLOTS; i++) {
    const abort = new AbortController();
    const call = page.call('complete', { prompt: 'slow' }, { signal: abort.signal });
    await settle();
    abort.abort();
    await expect(call).rejects.toThrow();
    await settle();
  }
  expect(await page.call('complete', { prompt: 'x' })).toMatchObject({ object: 'text_completion' });
});

test('a site is told where its answers were computed, in all its pages, and nothing of others’', async () => {
  const { attach } = open();
  const [one, two, other] = [attach('http://a'), attach('http://a'), attach('http://b')];
  await one.call('complete', { prompt: 'x' });
  const { recent } = await two.call('meshStatus', undefined);
  expect(recent).toEqual([
    { model: 'hearthside', where: 'this machine', why: expect.stringContaining('in no room') },
  ]);
  expect((await other.call('meshStatus', undefined)).recent).toEqual([]);
});

test('what the engine is asked names the page’s origin, whatever the page says', async () => {
  const { attach } = open();
  const answer = (await attach('http://a').call('chat', {
    messages: [{ role: 'user', content: 'echo' }],
  })) as { choices: { message: { content: string } }[] };
  expect(JSON.parse(answer.choices[0]!.message.content)).toMatchObject({
    origin: 'http://a',
    lane: 'interactive',
    model: 'hearthside',
  });
  await expect(
    attach('http://a').call('chat', { messages: [{ role: 'user', content: 'x' }], origin: 'http://b' }),
  ).rejects.toMatchObject({ code: 'bad-input' });
});

test.each([
  { why: 'a site', origin: 'http://a', isPrivateWindow: false, isPrivate: false },
  { why: 'a site in a private window', origin: 'http://a', isPrivateWindow: true, isPrivate: true },
  { why: 'a frame without an origin', origin: 'null', isPrivateWindow: false, isPrivate: true },
])('what $why says is kept apart: $isPrivate', async ({ origin, isPrivateWindow, isPrivate }) => {
  const { attach } = open();
  const page = attach(origin, isPrivateWindow);
  const { choices } = (await page.call('chat', { messages: [{ role: 'user', content: 'echo' }] })) as {
    choices: { message: { content: string } }[];
  };
  expect(JSON.parse(choices[0]!.message.content).isPrivate).toBe(isPrivate);
});

test.each([
  { input: undefined },
  { input: 5 },
  { input: { models: 'x' } },
  { input: { models: [5] } },
  { input: { models: [''] } },
  { input: { models: Array(17).fill('x') } },
])('request refuses $input', async ({ input }) => {
  await expect(
    open()
      .attach('http://a')
      .call('request', input as never),
  ).rejects.toMatchObject({ code: 'bad-input' });
});

test.each([
  { input: undefined },
  { input: {} },
  { input: { method: 'GET', url: 'not a url', body: '' } },
  { input: { method: 'GET', url: 'http://x/v1/models', body: 5 } },
])('fetch refuses $input', async ({ input }) => {
  await expect(
    open()
      .attach('http://a')
      .call('fetch', input as never),
  ).rejects.toMatchObject({ code: 'bad-input' });
});

test('a fetch has a head and a body; a stream ends with [DONE]', async () => {
  const page = open().attach('http://a');
  const parts: (HttpHead | string)[] = [];
  await page.call(
    'fetch',
    {
      method: 'POST',
      url: 'http://x/v1/completions',
      body: JSON.stringify({ prompt: 'x', max_tokens: 2, stream: true }),
    },
    { onPart: (part) => parts.push(part) },
  );
  const [head, ...events] = parts;
  expect(head).toEqual({ status: 200, headers: { 'content-type': 'text/event-stream' } });
  expect(events.pop()).toBe('data: [DONE]\n\n');
  for (const event of events) expect(event).toMatch(/^data: \{.*\}\n\n$/);
});

test('vectors take the same slots as answers, and come by both ways', async () => {
  const { attach, resume } = open();
  const page = attach('http://a');
  const done: number[] = [];
  const slow = page.call(
    'embed',
    { input: ['x', 'slow'], normalise: false },
    { onPart: ({ doneTexts }) => done.push(doneTexts) },
  );
  const answer = page.call('complete', { prompt: 'slow' });
  await settle();
  await expect(page.call('embed', { input: 'x' })).rejects.toMatchObject({ code: 'busy' });
  resume();
  await answer;
  expect(await slow).toEqual({
    model: 'hearthside',
    vectors: [new Float32Array(3).fill(1), new Float32Array(3).fill(4)],
    usage: { prompt_tokens: 2, total_tokens: 2 },
  });
  expect(done).toEqual([1, 2]);

  const parts: (HttpHead | string)[] = [];
  const body = JSON.stringify({ input: 'x', model: 'hearthside' });
  await page.call(
    'fetch',
    { method: 'POST', url: 'http://x/v1/embeddings', body },
    { onPart: (part) => parts.push(part) },
  );
  expect(parts[0]).toMatchObject({ status: 200 });
  expect(JSON.parse(parts[1] as string)).toMatchObject({ data: [{ embedding: [0.5, 0.5, 0.5] }] });
});

test.each([
  { why: 'a site', origin: 'http://a', isPrivate: false, value: 0 },
  { why: 'a private window', origin: 'http://a', isPrivate: true, value: 1 },
  { why: 'a frame without an origin', origin: 'null', isPrivate: false, value: 1 },
])('texts of $why are kept apart as their answers are', async ({ origin, isPrivate, value }) => {
  const page = open().attach(origin, isPrivate);
  const { vectors } = await page.call('embed', { input: 'private?' });
  expect(vectors[0]![0]).toBe(value);
});
