// What a page sees of Hearth, and what it does not.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

let harness: Harness;

/** What the tests keep in a page between two looks at it. */
declare const state: {
  text: string;
  failure: { name: string } | undefined;
  abort: AbortController;
  unread: AsyncIterator<{ choices: { text: string }[] }>;
  wasKept: boolean;
};
declare const LanguageModel: () => string;
declare const early: string;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/own-names': {
      body: `<!doctype html><script>
        var hearth = 'mine';
        function LanguageModel() { return 'mine too'; }
      </script>`,
    },
    '/named-elements': { body: '<!doctype html><p id="hearth">a paragraph</p>' },
    '/early': { body: '<!doctype html><script>var early = typeof hearth.request</script>' },
    '/framing': { body: '<!doctype html><iframe src="/inner"></iframe>' },
    '/sourceless': {
      body: '<!doctype html><iframe srcdoc="<script>var early = typeof hearth.request</script>"></iframe>',
    },
  });
});
afterAll(() => harness?.close());
afterEach(async () => {
  for (const page of harness.context.pages()) if (page !== (await harness.screen())) await page.close();
});

/** The API without its types. */
interface Nonsense {
  chat: { completions: { create(...input: unknown[]): Promise<unknown> } };
  completions: { create(...input: unknown[]): Promise<unknown> };
  request(...input: unknown[]): Promise<unknown>;
}

/** A site that the user has allowed, with this page of it open. */
async function allowed(address: string): Promise<Page> {
  const { origin } = new URL(harness.url(address));
  await harness.call('background', 'wake');
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
  return harness.open(address);
}

/** Starts an answer of a thousand slow tokens and keeps what comes in `window.text`. */
async function startSlowAnswer(page: Page): Promise<void> {
  await page.evaluate(async () => {
    Object.assign(globalThis, { state: { text: '', abort: new AbortController() } });
    const chunks = await hearth!.chat.completions.create(
      { messages: [{ role: 'user', content: 'slow' }], max_tokens: 1000, stream: true },
      { signal: state.abort.signal },
    );
    (async () => {
      for await (const chunk of chunks) state.text += chunk.choices[0]!.delta.content ?? '';
    })().catch((error) => (state.failure = error));
  });
}

const wordsOf = (page: Page) => page.evaluate(() => state.text.trim().split(' '));

/** Waits until the page has more words than `count`. */
async function moreWords(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction((count) => state.text.split(' ').length > count + 1, count);
  return wordsOf(page);
}

async function untilIdle(): Promise<void> {
  for (;;) if ((await harness.status()).running.length === 0) return;
}

test('a silent page is left as it was', async () => {
  const page = await harness.open('http://a.test/');
  const traces = await page.evaluate(() => ({
    names: Object.keys(window).filter((name) => /hearth|languagemodel/i.test(name)),
    frames: window.length + document.querySelectorAll('iframe').length,
    elements: document.documentElement.outerHTML,
    resources: performance.getEntriesByType('resource').filter(({ name }) => !name.endsWith('/favicon.ico'))
      .length,
  }));
  expect(traces).toEqual({
    names: [],
    frames: 0,
    elements: '<html><head><title>page</title></head><body></body></html>',
    resources: 0,
  });
  const listeners = await page.context().newCDPSession(page);
  const { result } = await listeners.send('Runtime.evaluate', { expression: 'window' });
  const found = await listeners.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
  expect(found.listeners.map(({ type }) => type)).not.toContain('message');
});

test('a page’s own names stay its own', async () => {
  const page = await harness.open('http://a.test/own-names');
  expect(await page.evaluate(() => [hearth, LanguageModel()])).toEqual(['mine', 'mine too']);
});

test('an element named like us is what the page’s scripts find', async () => {
  const page = await harness.open('http://a.test/named-elements');
  expect(await page.evaluate(() => (hearth as unknown as Element).textContent)).toBe('a paragraph');
});

test.each(['/early', '/sourceless'])('it is there before the first script of %s', async (path) => {
  const page = await harness.open(`http://a.test${path}`);
  const frame = page.frames().at(-1)!;
  expect(await frame.evaluate(() => early)).toBe('function');
});

test('a stream goes on without a gap when the service worker dies', async () => {
  const page = await allowed('http://a.test/');
  await startSlowAnswer(page);
  const before = await moreWords(page, 5);

  await harness.stopServiceWorker();

  const after = await moreWords(page, before.length + 50);
  expect(after).toEqual(after.map((_, i) => `w${i}`));
});

test('a new page finds its way after the service worker died', async () => {
  await allowed('http://a.test/');
  await harness.stopServiceWorker();
  const page = await harness.open('http://a.test/');
  const answer = await page.evaluate(() => hearth!.completions.create({ prompt: 'x', max_tokens: 1 }));
  expect(answer.choices[0]!.text).toBe('w0 ');
});

test('aborting frees the slot and rejects with the signal’s reason', async () => {
  const page = await allowed('http://a.test/');
  await startSlowAnswer(page);
  await moreWords(page, 3);
  expect((await harness.status()).running).toHaveLength(1);

  await page.evaluate(() => state.abort.abort());
  await untilIdle();
  expect(await page.evaluate(() => state.failure?.name)).toBe('AbortError');
});

test('leaving the loop frees the slot', async () => {
  const page = await allowed('http://a.test/');
  await page.evaluate(async () => {
    const chunks = await hearth!.completions.create({ prompt: 'slow', max_tokens: 1000, stream: true });
    for await (const _ of chunks) break;
  });
  await untilIdle();
});

test.each([
  { how: 'closing the tab', leave: (page: Page) => page.close() },
  { how: 'going elsewhere', leave: (page: Page) => page.goto(harness.url('http://b.test/')) },
  { how: 'reloading', leave: (page: Page) => page.reload() },
])('$how mid-stream frees the slot', async ({ leave }) => {
  const page = await allowed('http://a.test/');
  await startSlowAnswer(page);
  await moreWords(page, 3);
  await leave(page);
  await untilIdle();
});

test('a page that comes back by the back button can ask again', async () => {
  const page = await allowed('http://a.test/');
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) =>
      Object.assign(globalThis, { state: { wasKept: persisted } }),
    );
    return hearth!.ready;
  });
  await page.goto(harness.url('http://b.test/'));
  // A page that was kept has no second `load` to wait for
  await page.goBack({ waitUntil: 'commit' });
  await expect
    .poll(() => page.evaluate(() => (globalThis as { state?: { wasKept: boolean } }).state?.wasKept))
    .toBe(true);
  const answer = await page.evaluate(() => hearth!.completions.create({ prompt: 'x', max_tokens: 1 }));
  expect(answer.choices[0]!.text).toBe('w0 ');
});

test('two pages stream at once, each its own answer', async () => {
  const [a, b] = [await allowed('http://a.test/'), await allowed('http://b.test/')];
  await startSlowAnswer(a);
  await startSlowAnswer(b);
  const [wordsOfA, wordsOfB] = [await moreWords(a, 10), await moreWords(b, 10)];
  for (const words of [wordsOfA, wordsOfB]) expect(words).toEqual(words.map((_, i) => `w${i}`));

  const origins = (await harness.status()).running.map(({ origin }) => origin);
  expect(origins.sort()).toEqual(
    ['http://a.test/', 'http://b.test/'].map((url) => new URL(harness.url(url)).origin),
  );
});

test('a frame asks for its own origin', async () => {
  const page = await allowed('http://a.test/framing');
  const answer = await page
    .frames()[1]!
    .evaluate(() => hearth!.completions.create({ prompt: 'x', max_tokens: 1 }));
  expect(answer.choices[0]!.text).toBe('w0 ');
});

test('a slow reader slows its own stream, not the others', async () => {
  const page = await allowed('http://a.test/');
  await page.evaluate(async () => {
    const unread = await hearth!.completions.create({ prompt: 'x', max_tokens: 5000, stream: true });
    Object.assign(globalThis, { state: { unread: unread[Symbol.asyncIterator]() } });
    await state.unread.next();
  });
  const other = await page.evaluate(() => hearth!.completions.create({ prompt: 'x', max_tokens: 5000 }));
  expect(other.usage!.completion_tokens).toBe(5000);
  expect((await harness.status()).running).toHaveLength(1);

  const rest = await page.evaluate(async () => {
    let text = '';
    for (;;) {
      const { done, value } = await state.unread.next();
      if (done) return text;
      text += value.choices[0]!.text;
    }
  });
  expect(rest.trim().split(' ')).toHaveLength(4999);
});

test('what goes wrong in the engine reaches the page with its code', async () => {
  const page = await allowed('http://a.test/');
  const failure = await page.evaluate(() =>
    hearth!.completions
      .create({ prompt: 'fail out-of-memory' })
      .catch((error) => ({ name: error.name, code: error.code, message: error.message })),
  );
  expect(failure).toEqual({ name: 'HearthError', code: 'out-of-memory', message: 'As it was asked to.' });
});

test('nonsense in every call is refused with a code, not with whatever breaks first', async () => {
  const page = await allowed('http://a.test/');
  const outcomes = await page.evaluate(async () => {
    const { chat, completions, request } = hearth! as unknown as Nonsense;
    const messages = [{ role: 'user', content: 'x' }];
    const circle: Record<string, unknown> = {};
    circle.tools = circle;
    const calls: Record<string, () => Promise<unknown>> = {
      'chat, nothing': () => chat.completions.create(),
      'chat, null': () => chat.completions.create(null),
      'chat, a number': () => chat.completions.create(5),
      'chat, a string': () => chat.completions.create('hello'),
      'chat, a function inside': () => chat.completions.create({ messages, temperature: () => 1 }),
      'chat, a symbol inside': () => chat.completions.create({ messages: [Symbol('x')] }),
      'chat, a circle inside': () => chat.completions.create({ messages, ...circle }),
      'chat, a signal that is none': () => chat.completions.create({ messages, signal: 'stop' }),
      'chat, options with such a signal': () => chat.completions.create({ messages }, { signal: {} }),
      'chat, a stream of nonsense': () => chat.completions.create({ messages: 5, stream: true }),
      'chat, stream of the wrong type': () => chat.completions.create({ messages, stream: 'yes' }),
      'completion, nothing': () => completions.create(),
      'completion, no prompt': () => completions.create({ model: 'hearthside' }),
      'request, null': () => request(null),
      'request, a number': () => request(5),
      'request, a model that is a number': () => request({ models: [5] }),
    };
    const codes: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(calls))
      codes[name] = await call().then(
        () => 'taken',
        (error) => `${error.name} ${error.code}`,
      );
    return codes;
  });
  expect(outcomes).toEqual(
    Object.fromEntries(Object.keys(outcomes).map((name) => [name, 'HearthError bad-input'])),
  );
  expect(Object.keys(outcomes)).toHaveLength(16);
});

test('a page that outlives an update of the extension is told to reload', async () => {
  const own = await Harness.launch(await fakeEngineBuild());
  try {
    const page = await own.open('http://a.test/');
    const late = await own.open('http://a.test/');
    await page.evaluate(() => hearth!.ready);
    await (await own.screen()).evaluate(() => chrome.runtime.reload()).catch(() => {});

    const ask = () =>
      hearth!.models.list().then(
        () => 'an answer',
        ({ code, message }) => `${code}: ${message}`,
      );
    for (const one of [page, late])
      await expect.poll(() => one.evaluate(ask), { timeout: 10_000 }).toMatch(/^gone: .*Reload the page/);
  } finally {
    await own.close();
  }
});
