// Nothing stands in for anything: the built extension, the real consent prompt, the real engine and the model that
// ships with it, asked through each API that pages have. Greedy, it must give the golden answer.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OpenAI as Client } from 'openai';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { bundle } from './bundle.ts';
import { Harness } from './harness.ts';
import type { Shapes } from './shapes-sdk.ts';

declare const OpenAI: typeof Client;
declare const shapes: Shapes;
// biome-ignore lint/suspicious/noExplicitAny: TypeScript has no types for it yet
declare const LanguageModel: any, Summarizer: any;

const SYSTEM = 'Answer in one sentence.';
const USER = 'Describe the garden.';
const golden = JSON.parse(readFileSync(resolve(root, 'models/bundled/golden.json'), 'utf8')).prompts.find(
  ({ name }: { name: string }) => name === 'chat with a system turn',
);
const answer: string = golden.text.split('<|end|>')[0];

let harness: Harness;
let page: Page;

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST), {
    '/sdk.js': { body: await bundle('openai-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/shapes.js': { body: await bundle('shapes-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script><script src="/shapes.js"></script>' },
  });
  page = await harness.open('http://a.localhost/sdk');
  const asked = page.evaluate(() => hearth!.request());
  await harness.answer('Allow');
  await asked;
});
afterAll(() => harness?.close());

test("OpenAI's client streams the golden answer", async () => {
  const { text, usage } = await page.evaluate(
    async ([system, user]) => {
      const client = new OpenAI({
        baseURL: 'https://hearth.local/v1',
        apiKey: 'none',
        fetch: hearth!.fetch,
        dangerouslyAllowBrowser: true,
      });
      const stream = await client.chat.completions.create({
        model: 'hearthside',
        messages: [
          { role: 'system', content: system! },
          { role: 'user', content: user! },
        ],
        temperature: 0,
        max_tokens: 60,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      let usage: unknown;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage ??= chunk.usage;
      }
      return { text, usage };
    },
    [SYSTEM, USER],
  );
  expect(text).toBe(answer);
  expect(usage).toMatchObject({ prompt_tokens: golden.ids.length });
});

test('LanguageModel gives the golden answer', async () => {
  const text = await page.evaluate(
    async ([system, user]) => {
      const session = await LanguageModel.create({
        initialPrompts: [{ role: 'system', content: system }],
        temperature: 0,
        topK: 1,
      });
      return session.prompt(user);
    },
    [SYSTEM, USER],
  );
  expect(text).toBe(answer);
});

test('LanguageModel goes on from a prefix, and counts what the context holds', async () => {
  const start = answer.slice(0, answer.indexOf(' ', 10));
  const [rest, usage, appended] = await page.evaluate(
    async ([system, user, start]) => {
      const session = await LanguageModel.create({
        initialPrompts: [{ role: 'system', content: system }],
        samplingMode: 'most-predictable',
      });
      const rest = await session.prompt([
        { role: 'user', content: user },
        { role: 'assistant', content: start, prefix: true },
      ]);
      const usage = session.contextUsage;
      const measured = await session.measureContextUsage('One more word.');
      await session.append('One more word.');
      return [rest, usage, session.contextUsage - usage === measured];
    },
    [SYSTEM, USER, start],
  );
  expect(start + rest).toBe(answer);
  expect(usage).toBeGreaterThan(golden.ids.length);
  expect(appended).toBe(true);
});

test('a responseConstraint is followed', async () => {
  const text = await page.evaluate(async () => {
    const session = await LanguageModel.create({ samplingMode: 'most-predictable' });
    return session.prompt('Is the garden green?', { responseConstraint: { type: 'boolean' } });
  });
  expect(['true', 'false']).toContain(text);
});

test('the other clients get the beginning of the golden answer, each through its own API', async () => {
  const texts = await page.evaluate(
    async ([system, user]) => {
      const { Anthropic, ChatOpenAI, OpenAI, client, generateText, hearthProvider } = shapes;
      const inPage = { fetch: hearth!.fetch, apiKey: 'none', dangerouslyAllowBrowser: true };
      const openai = new OpenAI({ baseURL: client.HEARTH_URL, ...inPage });
      const anthropic = new Anthropic({ baseURL: 'https://hearth.local', ...inPage });
      const langchain = new ChatOpenAI({
        model: 'hearthside',
        ...{ apiKey: 'none', temperature: 0, maxTokens: 5 },
        configuration: { baseURL: client.HEARTH_URL, ...inPage },
      });
      const [model, temperature] = ['hearthside', 0];
      const response = await openai.responses.create({
        ...{ model, temperature, instructions: system!, input: user!, max_output_tokens: 5 },
      });
      const messages = [{ role: 'user' as const, content: user! }];
      const message = await anthropic.messages
        .stream({ model, temperature, system: system!, messages, max_tokens: 5 })
        .finalMessage();
      const { text } = await generateText({
        ...{ model: hearthProvider(model), temperature, system: system!, prompt: user!, maxOutputTokens: 5 },
      });
      const { content } = await langchain.invoke([
        ['system', system!],
        ['user', user!],
      ]);
      const [block] = message.content;
      return [response.output_text, block?.type === 'text' && block.text, text, content];
    },
    [SYSTEM, USER],
  );
  for (const text of texts) {
    expect(text).toMatch(/./);
    expect(answer.startsWith(String(text))).toBe(true);
  }
  expect(new Set(texts).size).toBe(1);
});

test('Summarizer answers as well', async () => {
  const piece = await page.evaluate(async () => {
    const summarizer = await Summarizer.create({ type: 'tldr', sharedContext: 'gardens' });
    const reader = summarizer.summarizeStreaming('The garden is green. The sun shines.').getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value;
  });
  expect(piece).toMatch(/./);
});

test('the performance page times its kernels, and a page that asks meanwhile gets the golden answer', async () => {
  const options = await harness.context.newPage();
  await options.goto(`chrome-extension://${harness.extensionId}/options/index.html#performance`);
  // What was asked above
  await options.getByRole('region', { name: 'The last answers' }).getByText('a.localhost').first().waitFor();
  await options.getByLabel('What').selectOption('A token at the start of a text');
  await options.getByRole('button', { name: 'Measure' }).click();
  await options.getByText('Measuring…').waitFor({ timeout: 60_000 });
  const text = await page.evaluate(
    async ([system, user]) => {
      const session = await LanguageModel.create({
        initialPrompts: [{ role: 'system', content: system }],
        samplingMode: 'most-predictable',
      });
      return session.prompt(user);
    },
    [SYSTEM, USER],
  );
  expect(text).toBe(answer);

  await options.getByRole('img', { name: /Roofline/ }).waitFor({ timeout: 60_000 });
  const kernels = options.getByRole('region', { name: 'Kernels of the step' }).getByRole('row');
  const [, ...rows] = await kernels.allInnerTexts();
  expect(rows.join()).toMatch(/mat-vec .*rms-norm|rms-norm.*mat-vec/s);
  for (const row of rows) expect(row).toMatch(/\d\s(µs|ms)\s[\s\S]*\d\s% (memory|arithmetic)/);
  await options.close();
});
