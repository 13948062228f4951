// The Prompt API's core where the browser has none. https://webmachinelearning.github.io/prompt-api/
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: TypeScript has no types for it yet
declare const LanguageModel: any;

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/eager': {
      body: `<!doctype html><script>
        LanguageModel.create().then(() => console.log('created'), ({ name }) => console.log(name));
      </script>`,
    },
  });
  await harness.call('background', 'wake');
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
  page = await harness.open('http://a.test/');
});
afterAll(() => harness?.close());

test('it is available once the user has said yes', async () => {
  expect(await page.evaluate(() => LanguageModel.availability())).toBe('available');
});

test('a session answers, whole and streamed, and remembers its turns', async () => {
  const [whole, streamed, remembered] = await page.evaluate(async () => {
    const session = await LanguageModel.create({
      initialPrompts: [{ role: 'system', content: 'Be brief.' }],
      temperature: 0.5,
      topK: 3,
    });
    const whole = await session.prompt('hello');
    let streamed = '';
    for await (const piece of session.promptStreaming('again')) streamed += piece;
    return [whole, streamed, JSON.parse(await session.prompt('echo'))];
  });
  expect(whole).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
  expect(streamed).toBe(whole);
  expect(remembered.sampling).toMatchObject({ temperature: 0.5, topK: 3 });
  expect(remembered.prompt.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: whole },
    { role: 'user', content: 'again' },
    { role: 'assistant', content: whole },
    { role: 'user', content: 'echo' },
  ]);
});

test('two prompts at once of one session are answered one after the other', async () => {
  const turns = await page.evaluate(async () => {
    const session = await LanguageModel.create();
    const [, second] = await Promise.all([session.prompt('slow'), session.prompt('echo')]);
    return JSON.parse(second).prompt.messages.map(({ role }: { role: string }) => role);
  });
  expect(turns).toEqual(['user', 'assistant', 'user']);
});

test('an abort rejects with its reason, and the session still answers', async () => {
  const [name, later] = await page.evaluate(async () => {
    const session = await LanguageModel.create();
    const abort = new AbortController();
    const prompt = session.prompt('slow', { signal: abort.signal });
    setTimeout(() => abort.abort());
    const name = await prompt.catch((error: Error) => error.name);
    return [name, await session.prompt('hello')];
  });
  expect(name).toBe('AbortError');
  expect(later).toMatch(/^w0 /);
});

test('destroying a session ends its prompts, pending and later', async () => {
  const names = await page.evaluate(async () => {
    const session = await LanguageModel.create();
    const nameOf = (prompt: Promise<string>) => prompt.catch((error) => error.name);
    const pending = nameOf(session.prompt('slow'));
    session.destroy();
    return [await pending, await nameOf(session.prompt('x'))];
  });
  expect(names).toEqual(['AbortError', 'AbortError']);
  await expect.poll(async () => (await harness.status()).running.length).toBe(0);
});

test.each([
  { why: 'temperature without topK', options: { temperature: 1 }, name: 'NotSupportedError' },
  { why: 'a negative temperature', options: { temperature: -1, topK: 1 }, name: 'RangeError' },
  { why: 'a topK of 0', options: { temperature: 1, topK: 0 }, name: 'RangeError' },
  {
    why: 'a system turn after another',
    options: {
      initialPrompts: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'y' },
      ],
    },
    name: 'TypeError',
  },
  {
    why: 'an unknown role',
    options: { initialPrompts: [{ role: 'wizard', content: 'x' }] },
    name: 'TypeError',
  },
  { why: 'audio', options: { expectedInputs: [{ type: 'audio' }] }, name: 'NotSupportedError' },
  { why: 'a signal that is none', options: { signal: 5 }, name: 'TypeError' },
])('create refuses $why', async ({ options, name }) => {
  const thrown = await page.evaluate(
    (options) => LanguageModel.create(options).catch((error: Error) => error.name),
    options,
  );
  expect(thrown).toBe(name);
});

test('a stranger needs a gesture of the user, and then the user’s yes', async () => {
  // Whatever a test evaluates in a page counts as a gesture, so the page has to speak first
  const stranger = await harness.context.newPage();
  const said = stranger.waitForEvent('console');
  await stranger.goto(harness.url('http://b.test/eager'));
  expect((await said).text()).toBe('NotAllowedError');
  expect(harness.prompts()).toEqual([]);

  const created = stranger.evaluate(async () => typeof (await LanguageModel.create()).prompt);
  await harness.answer('Allow once');
  expect(await created).toBe('function');
});
