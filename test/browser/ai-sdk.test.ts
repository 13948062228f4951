// The AI SDK's provider for the browser's built-in AI knows nothing of Hearth: its own examples run as they are.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AiSdk } from './ai-sdk.ts';
import { allow, launch, SITE } from './built-in-ai.ts';
import { bundle } from './bundle.ts';
import type { Harness } from './harness.ts';

declare const aiSdk: AiSdk;

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await launch({
    '/sdk.js': { body: await bundle('ai-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script>' },
  });
  await allow(harness, SITE);
  page = await harness.open(`${SITE}sdk`);
});
afterAll(() => harness?.close());

test('generateText', async () => {
  const text = await page.evaluate(async () => {
    const { text } = await aiSdk.generateText({ model: aiSdk.browserAI(), prompt: 'hello' });
    return text;
  });
  expect(text).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
});

test('streamText, with a system prompt and messages', async () => {
  const { pieces, messages } = await page.evaluate(async () => {
    const { textStream } = aiSdk.streamText({
      model: aiSdk.browserAI(),
      system: 'Be brief.',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello!' },
        { role: 'user', content: 'echo' },
      ],
    });
    const pieces = [];
    for await (const piece of textStream) pieces.push(piece);
    return { pieces: pieces.length, messages: JSON.parse(pieces.join('')).prompt.messages };
  });
  expect(pieces).toBeGreaterThan(0);
  expect(messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(messages[0].content).toContain('Be brief.');
});

test('generateObject, whose schema goes along as a constraint', async () => {
  const { object, seen } = await page.evaluate(async () => {
    const schema = aiSdk.jsonSchema<{ rating: number }>({
      type: 'object',
      properties: { rating: { type: 'number' } },
      required: ['rating'],
    });
    const seen: unknown[] = [];
    const { prompt } = LanguageModel.prototype;
    LanguageModel.prototype.prompt = function (input: unknown, options: { responseConstraint: unknown }) {
      seen.push(options.responseConstraint);
      return prompt.call(this, input, options);
    };
    const { object } = await aiSdk.generateObject({
      model: aiSdk.browserAI(),
      schema,
      prompt: 'say {"rating":4}',
    });
    return { object, seen };
  });
  expect(object).toEqual({ rating: 4 });
  expect(seen).toMatchObject([{ type: 'object', required: ['rating'] }]);
});

test('a tool is run, and its result goes back', async () => {
  const { runs, steps } = await page.evaluate(async () => {
    const runs: unknown[] = [];
    const result = await aiSdk.generateText({
      model: aiSdk.browserAI(),
      tools: {
        weather: aiSdk.tool({
          description: 'Tells the weather.',
          inputSchema: aiSdk.jsonSchema<{ city: string }>({
            type: 'object',
            properties: { city: { type: 'string' } },
          }),
          execute: async (input) => {
            runs.push(input);
            return '20 °C';
          },
        }),
      },
      stopWhen: ({ steps }) => steps.length === 2,
      prompt: 'say ```tool_call\n{"id": "1", "name": "weather", "arguments": {"city": "Rome"}}\n```',
    });
    return { runs, steps: result.steps.length };
  });
  expect(runs).toEqual([{ city: 'Rome' }]);
  expect(steps).toBe(2);
});

test('an abort', async () => {
  const name = await page.evaluate(async () => {
    const abort = new AbortController();
    const text = aiSdk.generateText({
      model: aiSdk.browserAI(),
      prompt: 'slow',
      abortSignal: abort.signal,
      maxRetries: 0,
    });
    setTimeout(() => abort.abort(), 50);
    return Promise.resolve(text).then(
      () => 'done',
      (error: Error) => error.name,
    );
  });
  expect(name).toBe('AbortError');
  await expect.poll(async () => (await harness.status()).running.length).toBe(0);
});
