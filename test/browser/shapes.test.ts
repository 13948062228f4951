// Clients that others wrote, each in the words of its own documentation, over hearth.fetch in a real page.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { fakeEngineBuild, Harness } from './harness.ts';
import type { Shapes } from './shapes-sdk.ts';

declare const shapes: Shapes;

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/sdk.js': { body: await bundle('shapes-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script>' },
  });
  await harness.call('background', 'wake');
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
  page = await harness.open('http://a.test/sdk');
});
afterAll(() => harness?.close());

test('OpenAI’s client: tools that are run, and a response streamed', async () => {
  const [calls, text] = await page.evaluate(async () => {
    const { OpenAI, client } = shapes;
    const openai = new OpenAI({
      baseURL: client.HEARTH_URL,
      apiKey: 'none',
      fetch: client.hearthFetch,
      dangerouslyAllowBrowser: true,
    });
    const chat = openai.chat.completions.stream({
      model: 'hearthside',
      messages: [{ role: 'user', content: 'call f {"x":1}\nf {"x":2}' }],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    });
    const { choices } = await chat.finalChatCompletion();
    const stream = openai.responses.stream({ model: 'hearthside', input: 'say hello there' });
    return [choices[0]!.message.tool_calls, (await stream.finalResponse()).output_text] as const;
  });
  expect(calls).toMatchObject([
    { id: 'call_0', function: { name: 'f', arguments: '{"x":1}' } },
    { id: 'call_1', function: { arguments: '{"x":2}' } },
  ]);
  expect(text).toBe('hello there');
});

test('Anthropic’s client: a message, its stream with thoughts, tokens, an error', async () => {
  const [text, streamed, tokens, status] = await page.evaluate(async () => {
    const { Anthropic, client } = shapes;
    const anthropic = new Anthropic({
      baseURL: 'https://hearth.local',
      apiKey: 'none',
      fetch: client.hearthFetch,
      dangerouslyAllowBrowser: true,
    });
    const ask = (content: string) => ({
      model: 'hearthside',
      max_tokens: 100,
      messages: [{ role: 'user' as const, content }],
    });
    const whole = await anthropic.messages.create(ask('say hello there'));
    const final = await anthropic.messages.stream(ask('think hm | yes')).finalMessage();
    const { max_tokens: _, ...counted } = ask('hello');
    const { input_tokens } = await anthropic.messages.countTokens(counted);
    const error = await anthropic.messages
      .create({ ...ask('x'), stop_sequences: [''] })
      .catch((error) => error.status);
    return [whole.content, final.content, input_tokens, error] as const;
  });
  expect(text).toMatchObject([{ type: 'text', text: 'hello there' }]);
  expect(streamed).toMatchObject([
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'yes' },
  ]);
  expect([tokens, status]).toEqual([3, 400]);
});

test('the AI SDK over our provider: text, a stream, tools', async () => {
  const answers = await page.evaluate(async () => {
    const { generateText, streamText, hearthProvider, tool, jsonSchema } = shapes;
    const model = hearthProvider('hearthside');
    const { text } = await generateText({ model, prompt: 'say hello there' });
    let streamed = '';
    for await (const piece of streamText({ model, prompt: 'hello' }).textStream) streamed += piece;
    const { toolCalls } = await generateText({
      model,
      prompt: 'call f {"x":1}',
      tools: { f: tool({ inputSchema: jsonSchema({ type: 'object' }) }) },
    });
    return { text, streamed, calls: toolCalls.map(({ toolName, input }) => ({ toolName, input })) };
  });
  expect(answers).toEqual({
    text: 'hello there',
    streamed: 'w0 w1 w2 w3 w4 w5 w6 w7 ',
    calls: [{ toolName: 'f', input: { x: 1 } }],
  });
});

test('LangChain: messages, a stream, bound tools, vectors', async () => {
  const answers = await page.evaluate(async () => {
    const { ChatOpenAI, OpenAIEmbeddings, HumanMessage, SystemMessage, client } = shapes;
    const configuration = {
      baseURL: client.HEARTH_URL,
      fetch: client.hearthFetch,
      dangerouslyAllowBrowser: true,
    };
    const model = new ChatOpenAI({ model: 'hearthside', apiKey: 'none', configuration });
    const { content } = await model.invoke([
      new SystemMessage('Be kind.'),
      new HumanMessage('say hello there'),
    ]);
    let streamed = '';
    for await (const chunk of await model.stream('hello')) streamed += chunk.content;
    const bound = model.bindTools([
      { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
    ]);
    const { tool_calls } = await bound.invoke('call f {"x":1}');
    const vectors = new OpenAIEmbeddings({ model: 'hearthside', apiKey: 'none', configuration });
    return { content, streamed, calls: tool_calls, vector: await vectors.embedQuery('a') };
  });
  expect(answers).toMatchObject({
    content: 'hello there',
    streamed: 'w0 w1 w2 w3 w4 w5 w6 w7 ',
    calls: [{ name: 'f', args: { x: 1 } }],
    vector: [0.5, 0.5, 0.5],
  });
});

test('the package finds Hearth', async () => {
  expect(await page.evaluate(() => shapes.client.isInstalled())).toBe(true);
});
