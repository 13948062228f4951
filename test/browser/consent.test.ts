// The user's say: what they are asked, what is remembered, and what a page learns before they have answered.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

let harness: Harness;

declare const LanguageModel: { availability(): Promise<string> };

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/sandboxed': { headers: { 'content-security-policy': 'sandbox allow-scripts' } },
  });
});
afterAll(() => harness?.close());
afterEach(async () => {
  for (const page of harness.context.pages()) if (page !== (await harness.screen())) await page.close();
  await harness.forgetSites();
});

/** How a call ended: its code, or `yes`. Never rejects, so that it can be left to wait for the user. */
function request(page: Page, models?: string[]): Promise<string> {
  return page.evaluate(
    (models) =>
      hearth!.request(models ? { models } : undefined).then(
        () => 'yes',
        (error) => error.code,
      ),
    models,
  );
}

const list = (page: Page) =>
  page.evaluate(() =>
    hearth!.models.list().then(
      ({ data }) => data.map(({ id }) => id),
      (error) => error.code,
    ),
  );

const sites = () => harness.call('background', 'sites') as Promise<{ origin: string; decision: string }[]>;
const originOf = (url: string) => new URL(harness.url(url)).origin;

test('Allow once holds as long as the page', async () => {
  const page = await harness.open('http://a.test/');
  const answer = request(page);
  await harness.answer('Allow once');
  expect(await answer).toBe('yes');
  expect(await request(page)).toBe('yes');
  expect(await list(page)).toEqual(['hearthside']);

  expect(await sites()).toEqual([]);
  await page.reload();
  expect(await list(page)).toBe('not-allowed');
});

test('Allow is remembered for the site, across pages and the service worker’s death', async () => {
  const page = await harness.open('http://a.test/');
  const answer = request(page);
  await harness.answer('Allow');
  expect(await answer).toBe('yes');
  expect(await sites()).toMatchObject([{ origin: originOf('http://a.test/'), decision: 'allow' }]);

  await harness.stopServiceWorker();
  expect(await list(await harness.open('http://a.test/other'))).toEqual(['hearthside']);
  expect(await list(await harness.open('http://b.test/'))).toBe('not-allowed');
});

test('Block is remembered and answers at once, without asking', async () => {
  const page = await harness.open('http://a.test/');
  const answer = request(page);
  await harness.answer('Block');
  expect(await answer).toBe('not-allowed');

  expect(await request(await harness.open('http://a.test/'))).toBe('not-allowed');
  expect(harness.prompts()).toEqual([]);
});

test('closing the question is a no that is not remembered', async () => {
  const page = await harness.open('http://closed.test/');
  const answer = request(page);
  const prompt = await harness.prompt();
  await prompt.getByRole('button', { name: 'Allow once' }).waitFor();
  await prompt.close();
  expect(await answer).toBe('not-allowed');
  expect(await sites()).toEqual([]);

  const again = request(page);
  await harness.answer('Allow once');
  expect(await again).toBe('yes');
});

test('asking twice at once makes one question, and its answer counts for both', async () => {
  const [a, b] = [await harness.open('http://a.test/'), await harness.open('http://a.test/')];
  const answers = [request(a), request(a), request(b)];
  await harness.prompt();
  await harness.answer('Allow once');
  expect(await Promise.all(answers)).toEqual(['yes', 'yes', 'yes']);
  expect(harness.prompts()).toEqual([]);
});

test('two sites have a question each', async () => {
  const [a, b] = [await harness.open('http://a.test/'), await harness.open('http://b.test/')];
  const answers = [request(a), request(b)];
  await harness.answer('Allow once');
  await harness.answer('Allow once');
  expect(await Promise.all(answers)).toEqual(['yes', 'yes']);
});

test('a first prompt asks by itself', async () => {
  const page = await harness.open('http://a.test/');
  const text = page.evaluate(async () => {
    const { choices } = await hearth!.chat.completions.create({
      messages: [{ role: 'user', content: 'hello' }],
      max_tokens: 2,
    });
    return choices[0]!.message.content;
  });
  await harness.answer('Allow once');
  expect(await text).toBe('w0 w1 ');
});

test('a site that goes takes its question with it', async () => {
  const page = await harness.open('http://a.test/');
  void request(page).catch(() => {});
  const closed = (await harness.prompt()).waitForEvent('close');
  await page.close();
  await closed;
});

test('taking consent back ends what runs and asks again', async () => {
  const page = await harness.open('http://a.test/');
  const origin = originOf('http://a.test/');
  const allowed = request(page);
  await harness.answer('Allow');
  await allowed;
  const ended = page.evaluate(() =>
    hearth!.completions.create({ prompt: 'slow', max_tokens: 1000 }).catch((error) => error.code),
  );
  await expect.poll(async () => (await harness.status()).running.length).toBe(1);

  await harness.call('background', 'decide', { origin, models: [], decision: 'forget' });
  await harness.call('screen', 'revoke', { origin });

  expect(await ended).toBe('cancelled');
  expect(await list(page)).toBe('not-allowed');
});

test('another model is another question, and one to download says so', async () => {
  const page = await harness.open('http://a.test/');
  const first = request(page);
  await harness.answer('Allow');
  await first;

  const second = request(page, ['far']);
  const prompt = await harness.prompt();
  await prompt.getByText('Far away').waitFor();
  await harness.answer('Allow');
  expect(await second).toBe('yes');
  expect(await list(page)).toEqual(['hearthside', 'far']);
});

test('a page without an origin is asked about each time and never remembered', async () => {
  const page = await harness.open('http://a.test/sandboxed');
  const answer = request(page);
  await harness.answer('Allow');
  expect(await answer).toBe('yes');
  expect(await sites()).toEqual([]);

  expect(await list(await harness.open('http://a.test/sandboxed'))).toBe('not-allowed');
});

test('a page that was not allowed learns nothing about machine or models', async () => {
  const page = await harness.open('http://stranger.localhost/');
  const learned = await page.evaluate(async () => {
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        (value) => value,
        (error) => `${error.code}: ${error.message}`,
      );
    const response = await hearth!.fetch('http://x/v1/models');
    return {
      list: await codeOf(hearth!.models.list()),
      availability: await LanguageModel.availability(),
      status: response.status,
      body: await response.text(),
    };
  });
  expect(learned.list).toMatch(/^not-allowed/);
  expect(learned.availability).toBe('downloadable');
  expect(learned.status).toBe(403);
  expect(JSON.stringify(learned)).not.toMatch(/hearthside|second|fake|webgpu|wasm/);
  expect(harness.prompts()).toEqual([]);
});

test('an unknown model is told from a known one only after the user has said yes', async () => {
  const page = await harness.open('http://a.test/');
  const refused = request(page, ['no-such-model']);
  await harness.answer('Block');
  expect(await refused).toBe('not-allowed');

  await harness.forgetSites();
  const other = await harness.open('http://b.test/');
  const allowed = request(other, ['no-such-model']);
  await harness.answer('Allow once');
  expect(await allowed).toBe('not-found');
});

test('a page that makes a bridge of its own gets no port without a ticket', async () => {
  const page = await harness.open('http://a.localhost/');
  await page.evaluate(() => hearth!.ready);
  const answer = await page.evaluate(
    (bridge) =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.src = bridge;
        const { port1: pipe, port2 } = new MessageChannel();
        pipe.onmessage = ({ ports: [port] }) => {
          port!.onmessage = ({ data }) => resolve(data);
          port!.postMessage({
            kind: 'call',
            id: 1,
            name: 'availability',
            input: { api: 'language-model', options: {} },
          });
          // Long after an answer would have come: the same call on the real port
          LanguageModel.availability().then(resolve);
        };
        frame.onload = () => frame.contentWindow!.postMessage('guessed', '*', [port2]);
        document.body.append(frame);
      }),
    `chrome-extension://${harness.extensionId}/src/bridge/index.html`,
  );
  expect(answer).toBe('downloadable');
});

test.each([
  'src/prompt/index.html',
  'src/popup/index.html',
  'options/index.html',
  'src/offscreen/index.html',
])('a page cannot lay %s under its own', async (path) => {
  const page = await harness.open('http://a.test/');
  const url = `chrome-extension://${harness.extensionId}/${path}`;
  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.src = url;
        frame.onload = resolve;
        document.body.append(frame);
      }),
    url,
  );
  expect(page.frames().map((frame) => frame.url())).not.toContain(url);
  expect(await page.evaluate((url) => fetch(url).then(String, () => 'refused'), url)).toBe('refused');
  // Nor does it reach the user's own calls another way
  expect(
    await page.evaluate(() => typeof (globalThis as { chrome?: { runtime?: unknown } }).chrome?.runtime),
  ).toBe('undefined');
});

test('a site that is sent away three times is not asked about again', async () => {
  const page = await harness.open('http://insistent.test/');
  for (let i = 0; i < 3; i++) {
    const answer = request(page);
    const prompt = await harness.prompt();
    await prompt.getByRole('button', { name: 'Block' }).waitFor();
    await prompt.close();
    expect(await answer).toBe('not-allowed');
  }
  expect(await request(page)).toBe('not-allowed');
  expect(harness.prompts()).toEqual([]);
});

test('a pipeline asks for its model by name, and says that it would come from the hub', async () => {
  const page = await harness.open('http://a.test/');
  const opened = page.evaluate(() =>
    hearth!.pipeline('feature-extraction', 'owner/some-model').then(
      ({ task, model }) => `${task} by ${model}`,
      (error) => error.code,
    ),
  );
  const prompt = await harness.prompt();
  await prompt.getByText('owner/some-model').waitFor();
  await prompt.getByText('To be downloaded from huggingface.co').waitFor();
  await harness.answer('Allow once');
  expect(await opened).toBe('feature-extraction by owner/some-model');
  // Another model is another question
  const refused = page.evaluate(() => hearth!.pipeline('rerank').catch((error) => error.code));
  await (await harness.prompt()).getByText('Xenova/ms-marco-MiniLM-L-6-v2').waitFor();
  await harness.answer('Block');
  expect(await refused).toBe('not-allowed');
});
