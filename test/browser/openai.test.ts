// OpenAI's own client over hearth.fetch, and what hearth.fetch says by itself.
import type { OpenAI as Client } from 'openai';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { fakeEngineBuild, Harness } from './harness.ts';

declare const OpenAI: typeof Client;

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/sdk.js': { body: await bundle('openai-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script>' },
  });
  await harness.call('background', 'wake');
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
  page = await harness.open('http://a.test/sdk');
  await page.evaluate(() => {
    const client = new OpenAI({
      baseURL: 'https://hearth.local/v1',
      apiKey: 'none',
      fetch: hearth!.fetch,
      dangerouslyAllowBrowser: true,
    });
    Object.assign(globalThis, { client });
  });
});
afterAll(() => harness?.close());

declare const client: Client;

test('a chat in one piece', async () => {
  const answer = await page.evaluate(() =>
    client.chat.completions.create({
      model: 'hearthside',
      messages: [{ role: 'user', content: 'hello' }],
      max_tokens: 3,
    }),
  );
  expect(answer).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-/),
    object: 'chat.completion',
    created: expect.any(Number),
    model: 'hearthside',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'w0 w1 w2 ', refusal: null },
        logprobs: null,
        finish_reason: 'length',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
  });
});

test('the likeliest tokens beside each, of a chat, of a completion and of a response', async () => {
  const [chat, completion, response] = await page.evaluate(() =>
    Promise.all([
      client.chat.completions.create({
        model: 'hearthside',
        messages: [{ role: 'user', content: 'hello' }],
        max_tokens: 2,
        logprobs: true,
        top_logprobs: 3,
      }),
      client.completions.create({ model: 'hearthside', prompt: 'x', max_tokens: 2, logprobs: 2 }),
      client.responses.create({
        model: 'hearthside',
        input: 'hello',
        max_output_tokens: 2,
        include: ['message.output_text.logprobs'],
        top_logprobs: 3,
      }),
    ]),
  );
  const half = (byte: number, logprob: number) => ({ token: '\ufffd', logprob, bytes: [0xf0, byte] });
  const chosen = { token: 'w0 ', logprob: -0.5, bytes: [119, 48, 32] };
  const first = { ...chosen, top_logprobs: [chosen, half(0x90, -1.5), half(0x91, -2.5)] };
  expect(chat.choices[0]!.logprobs!.content).toHaveLength(2);
  expect(chat.choices[0]!.logprobs!.content![0]).toEqual(first);
  expect(completion.choices[0]!.logprobs).toMatchObject({
    token_logprobs: [-0.5, -0.5],
    top_logprobs: [{ 'w0 ': -0.5, 'bytes:\\xf0\\x90': -1.5 }, { 'w1 ': -0.5 }],
  });
  expect(response.output[0]).toMatchObject({ content: [{ logprobs: [first, {}] }] });
});

test('a streamed chat, with usage in a chunk of its own', async () => {
  const chunks = await page.evaluate(async () => {
    const stream = await client.chat.completions.create({
      model: 'hearthside',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
  });
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  expect(text).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
  expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
  expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 11 } });
  expect(new Set(chunks.map(({ id, created, object }) => `${id} ${created} ${object}`)).size).toBe(1);
});

test('the SDK’s stream helper puts it together', async () => {
  const content = await page.evaluate(() =>
    client.chat.completions
      .stream({ model: 'hearthside', messages: [{ role: 'user', content: 'hello' }] })
      .finalContent(),
  );
  expect(content).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
});

test('a completion, whole and streamed', async () => {
  const [whole, streamed] = await page.evaluate(async () => {
    const whole = await client.completions.create({ model: 'hearthside', prompt: 'x', max_tokens: 2 });
    let streamed = '';
    for await (const chunk of await client.completions.create({
      model: 'hearthside',
      prompt: [1, 2, 3],
      max_tokens: 2,
      stream: true,
    }))
      streamed += chunk.choices[0]!.text;
    return [whole, streamed] as const;
  });
  expect(whole).toMatchObject({ object: 'text_completion', choices: [{ text: 'w0 w1 ' }] });
  expect(streamed).toBe('w0 w1 ');
});

test('the models, all and one', async () => {
  const [ids, one, missing] = await page.evaluate(async () => {
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    return [
      ids,
      await client.models.retrieve('hearthside'),
      await client.models.retrieve('nothing').catch((error) => error.status),
    ] as const;
  });
  expect(ids).toEqual(['hearthside']);
  expect(one).toMatchObject({ id: 'hearthside', object: 'model', owned_by: 'hearth', backend: 'webgpu' });
  expect(missing).toBe(404);
});

test('errors are the SDK’s own, with status, code and param', async () => {
  const failure = await page.evaluate(() =>
    client.chat.completions
      .create({ model: 'hearthside', messages: [{ role: 'user', content: 'x' }], n: 99 })
      .catch((error) => ({
        name: error.constructor.name,
        status: error.status,
        code: error.code,
        param: error.param,
        type: error.type,
      })),
  );
  expect(failure).toEqual({
    name: expect.stringMatching(/BadRequestError/),
    status: 400,
    code: 'bad-input',
    param: 'n',
    type: 'invalid_request_error',
  });
});

test('a failure on the way breaks the stream off with an error', async () => {
  const [text, code] = await page.evaluate(async () => {
    let text = '';
    try {
      for await (const chunk of await client.completions.create({
        model: 'hearthside',
        prompt: 'fail device-lost',
        stream: true,
      }))
        text += chunk.choices[0]!.text;
      return [text, 'none'];
    } catch (error) {
      return [text, (error as { code: string }).code];
    }
  });
  expect([text, code]).toEqual(['w0 ', 'device-lost']);
});

test('the SDK’s abort frees the slot', async () => {
  const name = await page.evaluate(async () => {
    const stream = await client.completions.create({
      model: 'hearthside',
      prompt: 'slow',
      max_tokens: 1000,
      stream: true,
    });
    for await (const _ of stream) break;
    const abort = new AbortController();
    const whole = client.completions.create(
      { model: 'hearthside', prompt: 'slow', max_tokens: 1000 },
      { signal: abort.signal },
    );
    setTimeout(() => abort.abort());
    return whole.then(
      () => 'answered',
      (error) => error.constructor.name,
    );
  });
  expect(name).toMatch(/APIUserAbortError/);
  await expect.poll(async () => (await harness.status()).running.length).toBe(0);
});

test('hearth.fetch takes a string, a URL or a Request, under any prefix', async () => {
  const lists = await page.evaluate(() => {
    const inputs = ['http://x/v1/models', new URL('http://x/any/v1/models/'), new Request('/v1/models')];
    return Promise.all(inputs.map(async (input) => (await hearth!.fetch(input)).json()));
  });
  for (const list of lists) expect(list).toMatchObject({ object: 'list', data: [{ id: 'hearthside' }] });
});

test.each([
  { why: 'another site', url: 'https://example.test/', init: {}, status: 404 },
  {
    why: 'an endpoint that is not served',
    url: 'http://x/v1/images/generations',
    init: { method: 'POST', body: '{}' },
    status: 404,
  },
  { why: 'another method', url: 'http://x/v1/chat/completions', init: {}, status: 404 },
  {
    why: 'a body that is not JSON',
    url: 'http://x/v1/completions',
    init: { method: 'POST', body: '{' },
    status: 400,
  },
])('hearth.fetch answers $why with an error, not from the network', async ({ url, init, status }) => {
  const answer = await page.evaluate(
    async ([url, init]) => {
      const response = await hearth!.fetch(url, init);
      return { status: response.status, body: await response.json() };
    },
    [url, init] as const,
  );
  expect(answer).toEqual({
    status,
    body: {
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: null,
        code: expect.any(String),
      },
    },
  });
});

test('an aborted hearth.fetch rejects as fetch does', async () => {
  const name = await page.evaluate(() =>
    hearth!.fetch('http://x/v1/models', { signal: AbortSignal.abort() }).catch((error) => error.name),
  );
  expect(name).toBe('AbortError');
});
