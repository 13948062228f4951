// A page that the user has let use one model, and that wants more: other models, other sites' words, everybody's time.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_SEQUENCES_PER_ORIGIN } from '../../src/protocol/limits.ts';
import { allow, launch } from './built-in-ai.ts';
import type { Harness } from './harness.ts';

const [HOSTILE, OTHER] = ['http://hostile.localhost/', 'http://other.localhost/'];

let harness: Harness;
let hostile: Page;
let other: Page;

beforeAll(async () => {
  harness = await launch();
  for (const site of [HOSTILE, OTHER]) await allow(harness, site);
  [hostile, other] = [await harness.open(HOSTILE), await harness.open(OTHER)];
});
afterAll(() => harness?.close());

interface Reply {
  status: number;
  body: string;
}

function send(page: Page, path: string, body?: object): Promise<Reply> {
  return page.evaluate(
    async ([path, body]) => {
      const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const response = await hearth!.fetch(`https://hearth.local/v1${path}`, init);
      return { status: response.status, body: await response.text() };
    },
    [path, body] as const,
  );
}

const say = (text: string) => ({ messages: [{ role: 'user', content: text }] });

test('more answers at once than a site may have are refused with 429, and another site is answered', async () => {
  const running = hostile.evaluate(async (most) => {
    const stop = new AbortController();
    Object.assign(globalThis, { stopAll: () => stop.abort() });
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'slow' }], max_tokens: 1e6 });
    const asked = Array.from({ length: most }, () =>
      hearth!.fetch('https://hearth.local/v1/chat/completions', {
        method: 'POST',
        body,
        signal: stop.signal,
      }),
    );
    await Promise.allSettled(asked);
  }, MAX_SEQUENCES_PER_ORIGIN);
  await expect.poll(async () => (await harness.status()).running.length).toBe(MAX_SEQUENCES_PER_ORIGIN);

  const calls = [
    ['/chat/completions', say('hello')],
    ['/completions', { prompt: 'hello' }],
    ['/responses', { input: 'hello' }],
    ['/embeddings', { input: 'hello' }],
    ['/messages', { ...say('hello'), model: 'hearthside', max_tokens: 5 }],
    ['/messages/count_tokens', { ...say('hello'), model: 'hearthside' }],
  ] as const;
  for (const [path, body] of calls) expect((await send(hostile, path, body)).status, path).toBe(429);
  // A second page of the site has no slots of its own, and neither have choices of one request
  const second = await harness.open(HOSTILE);
  expect((await send(second, '/chat/completions', { ...say('hello'), n: 2 })).status).toBe(429);
  const says = await second.evaluate(() => LanguageModel.create().catch((error: Error) => error.name));
  expect(says).toBe('OperationError');
  await second.close();

  expect((await send(other, '/chat/completions', say('hello'))).status).toBe(200);
  await hostile.evaluate(() => (globalThis as unknown as { stopAll(): void }).stopAll());
  await running;
  await expect.poll(async () => (await harness.status()).running.length).toBe(0);
  expect((await send(hostile, '/chat/completions', say('hello'))).status).toBe(200);
});

test('a response that another site has kept is as one that never was', async () => {
  const kept = await send(other, '/responses', { input: 'say secret', store: true });
  const { id } = JSON.parse(kept.body);
  expect((await send(other, `/responses/${id}`)).status).toBe(200);
  const guess = `${id.slice(0, -1)}x`;
  for (const ask of [
    (id: string) => send(hostile, `/responses/${id}`),
    (id: string) => send(hostile, '/responses', { input: 'echo', previous_response_id: id }),
  ]) {
    const [real, none] = [await ask(id), await ask(guess)];
    expect(real.status).toBeGreaterThanOrEqual(400);
    expect(real).toEqual(none);
    expect(real.body).not.toContain('secret');
  }
});

test('a model that was not granted is as one that there is not', async () => {
  const [listed, real, none] = [
    await send(hostile, '/models'),
    await send(hostile, '/models/second'),
    await send(hostile, '/models/nothing'),
  ];
  expect(JSON.parse(listed.body).data.map(({ id }: { id: string }) => id)).toEqual(['hearthside']);
  expect(real).toEqual(none);
  expect(real.status).toBe(404);

  // To use it is the user's to allow
  const asked = send(hostile, '/chat/completions', { ...say('hello'), model: 'second' });
  await harness.answer('Block');
  expect(JSON.parse((await asked).body).error).toMatchObject({ code: 'not-allowed' });
  await allow(harness, HOSTILE);
});

test('a session that a page makes up names no other model', async () => {
  // A site that the user has refused nothing yet
  const site = 'http://maker.localhost/';
  await allow(harness, site);
  const page = await harness.open(site);
  const asked = page.evaluate(async () => {
    // What goes over the wire is the page's to change
    const { postMessage } = MessagePort.prototype;
    MessagePort.prototype.postMessage = function (message, ...rest: never[]) {
      if (message?.name === 'prompt') message.input.session = { ...message.input.session, model: 'second' };
      return postMessage.call(this, message, ...rest);
    };
    const session = await LanguageModel.create();
    return session.prompt('hello').catch((error: Error) => error.name);
  });
  await harness.answer('Block');
  expect(await asked).toBe('NotAllowedError');
});

test('frames of nonsense harm nobody else', async () => {
  await harness.open(HOSTILE).then((page) =>
    page.evaluate(async () => {
      const { postMessage } = MessagePort.prototype;
      const ports = new Set<MessagePort>();
      MessagePort.prototype.postMessage = function (message, ...rest: never[]) {
        ports.add(this);
        return postMessage.call(this, message, ...rest);
      };
      await hearth!.models.list();
      const names = ['constructor', '__proto__', 'generate', 'configure', 'remove', 'importFile', 5, null];
      for (const port of ports)
        for (const name of names)
          for (const frame of [
            { kind: 'call', id: 1e9, name, input: {} },
            { kind: 'call', id: 'x', name },
            { kind: 'part', id: 1, part: name },
            { kind: name },
            name,
          ])
            postMessage.call(port, frame);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }),
  );
  expect((await send(other, '/chat/completions', say('hello'))).status).toBe(200);
  expect(((await harness.call('screen', 'models')) as unknown[]).length).toBeGreaterThan(0);
});
