import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/sandboxed': { headers: { 'content-security-policy': 'sandbox allow-scripts' } },
    '/strict': {
      headers: { 'content-security-policy': "default-src 'none'; frame-src 'none'; script-src 'none'" },
    },
    '/hostile': {
      body: `<!doctype html><script>
        new MutationObserver(() => document.querySelector('iframe')?.remove()).observe(document, {
          childList: true,
          subtree: true,
        });
      </script>`,
    },
    '/isolated': {
      headers: {
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-opener-policy': 'same-origin',
      },
    },
  });
});
afterAll(() => harness?.close());

/** Which way this page's port goes, from the hand-over itself. */
function path(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data.path ?? data.message);
        dispatchEvent(new MessageEvent('hearth-attach', { ports: [port2] }));
      }),
  );
}

test.each([
  { where: 'an ordinary http page', url: 'http://a.test/', way: 'direct' },
  { where: 'a page whose policy forbids every frame and script', url: 'http://a.test/strict', way: 'direct' },
  { where: 'a cross-origin isolated page', url: 'http://localhost/isolated', way: 'direct' },
  { where: 'a sandboxed page, which has no origin', url: 'http://a.test/sandboxed', way: 'relayed' },
  { where: 'a page that throws every frame out', url: 'http://a.test/hostile', way: 'relayed' },
])('$where gets a $way port and an answer', async ({ url, way }) => {
  const page = await harness.open(url);
  expect(await path(page)).toBe(way);

  const answer = page.evaluate(() => hearth!.completions.create({ prompt: 'hello', max_tokens: 3 }));
  await harness.answer('Allow once');
  expect((await answer).choices[0]!.text).toBe('w0 w1 w2 ');
  expect(await page.evaluate(() => document.querySelectorAll('iframe').length)).toBe(0);
  await page.close();
});

test('a relayed stream, too, goes on when the service worker dies', async () => {
  const page = await harness.open('http://a.test/sandboxed');
  const text = page.evaluate(async () => {
    const stream = await hearth!.completions.create({ prompt: 'slow', max_tokens: 80, stream: true });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]!.text;
      if (text === 'w0 w1 w2 ') console.log('begun');
    }
    return text;
  });
  const begun = page.waitForEvent('console');
  await harness.answer('Allow once');
  await begun;
  await harness.stopServiceWorker();
  expect((await text).trim().split(' ')).toEqual(Array.from({ length: 80 }, (_, i) => `w${i}`));
});

test('a request too large for the relay is refused, and the next one is answered', async () => {
  const page = await harness.open('http://a.test/sandboxed');
  const codes = page.evaluate(async () => {
    const code = async (prompt: string) =>
      hearth!.completions.create({ prompt, max_tokens: 1 }).then(
        ({ choices }) => choices[0]!.text,
        (error) => error.code,
      );
    return [await code('x'.repeat(70 * 2 ** 20)), await code('x')];
  });
  await harness.answer('Allow once');
  expect(await codes).toEqual(['too-long', 'w0 ']);
});
