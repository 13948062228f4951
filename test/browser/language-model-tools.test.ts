// Tools of the Prompt API: the page runs them by itself where they have an `execute`, or is told of the calls.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openAllowed } from './built-in-ai.ts';
import type { Harness } from './harness.ts';

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await launch();
  page = await openAllowed(harness);
});
afterAll(() => harness?.close());

const call = (name: string, args: object) =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const tool = { name: 'weather', description: 'Tells the weather.', inputSchema: { type: 'object' } };
const OPEN_LOOP = {
  expectedInputs: [{ type: 'tool-call' }, { type: 'tool-response' }],
  expectedOutputs: [{ type: 'tool-call' }],
  tools: [tool, { ...tool, name: 'traffic' }],
};

describe('declarations', () => {
  const declared = (changes: object) => ({ ...OPEN_LOOP, tools: [{ ...tool, ...changes }] });
  test.each([
    { why: 'no schema', options: declared({ inputSchema: undefined }) },
    { why: 'a schema of null', options: declared({ inputSchema: null }) },
    { why: 'an empty schema', options: declared({ inputSchema: {} }) },
    { why: 'a schema that is a text', options: declared({ inputSchema: 'object' }) },
    { why: 'a schema without type', options: declared({ inputSchema: { properties: {} } }) },
    { why: 'a schema of another type', options: declared({ inputSchema: { type: 'string' } }) },
    {
      why: 'properties that are none',
      options: declared({ inputSchema: { type: 'object', properties: 'x' } }),
    },
    {
      why: 'required names that are no list',
      options: declared({ inputSchema: { type: 'object', required: 'x' } }),
    },
    { why: 'an empty name', options: declared({ name: '' }) },
    { why: 'an empty description', options: declared({ description: '' }) },
    { why: 'two of one name', options: { ...OPEN_LOOP, tools: [tool, tool] } },
    { why: 'no tool calls among the outputs', options: { tools: [tool] } },
    {
      why: 'text alone among the outputs',
      options: { tools: [tool], expectedOutputs: [{ type: 'text' }] },
    },
  ])('with $why are refused, all or none', async ({ options }) => {
    const says = await page.evaluate((options) => said(LanguageModel.create(options)), options);
    expect(says).toBe('TypeError TypeError');
  });

  test('what getters, proxies and toJSON throw goes through; a circle is a TypeError', async () => {
    const results = await page.evaluate(async (options) => {
      const error = new RangeError('mine');
      const fail = () => {
        throw error;
      };
      const circle: Record<string, unknown> = { type: 'object' };
      circle.self = circle;
      const schemas = [
        { type: 'object', toJSON: fail },
        Object.defineProperty({ type: 'object' }, 'more', { get: fail, enumerable: true }),
        new Proxy(
          { type: 'object' },
          { get: (target, name) => (name === 'properties' ? fail() : Reflect.get(target, name)) },
        ),
        circle,
      ];
      const results = [];
      for (const inputSchema of schemas) {
        const bad = { ...options, tools: [options.tools[0], { ...options.tools[1], inputSchema }] };
        results.push(
          await LanguageModel.create(bad).catch((thrown: Error) => (thrown === error ? 'mine' : thrown.name)),
        );
      }
      return results;
    }, OPEN_LOOP);
    expect(results).toEqual(['mine', 'mine', 'mine', 'TypeError']);
  });

  test('none, or calls that no tool can make, are fine: text comes as ever', async () => {
    const answers = await page.evaluate(async () => [
      await (await LanguageModel.create({ tools: [] })).prompt('say <tool_call>'),
      await (await LanguageModel.create({ expectedOutputs: [{ type: 'tool-call' }] })).prompt('say hi'),
    ]);
    expect(answers).toEqual(['<tool_call>', 'hi']);
  });

  test('are told to the model in the way that it knows', async () => {
    const { messages, tools } = await page.evaluate(async (options) => {
      const initialPrompts = [{ role: 'system', content: 'Be brief.' }];
      const session = await LanguageModel.create({ ...options, initialPrompts });
      return JSON.parse(await session.prompt('echo')).prompt;
    }, OPEN_LOOP);
    const { description } = tool;
    const parameters = JSON.stringify(tool.inputSchema);
    expect(tools).toEqual(['weather', 'traffic'].map((name) => ({ name, description, parameters })));
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'echo' },
    ]);
  });
});

describe('the open loop', () => {
  test('gives text and calls in their order, and takes the responses', async () => {
    const { first, second } = await page.evaluate(
      async ([options, text]) => {
        const seen = { role: 'assistant', content: 'I see.' };
        const session = await LanguageModel.create(options);
        const result = await session.prompt(`say ${text}`);
        const calls = result.filter(({ type }: { type: string }) => type === 'tool-call');
        const first = result.map(({ type, value }: { type: string; value: typeof LanguageModelToolCall }) =>
          type === 'text' ? value : [value instanceof LanguageModelToolCall, value.name, value.arguments],
        );
        const ids = new Set(calls.map(({ value }: { value: { callID: string } }) => value.callID));
        const [{ value: one }, { value: two }] = calls;
        const content = [
          new LanguageModelToolSuccess({
            callID: one.callID,
            name: one.name,
            result: [{ type: 'text', value: '20 °C' }],
          }),
          new LanguageModelToolError({ callID: two.callID, name: two.name, errorMessage: 'closed' }),
        ].map((value) => ({ type: 'tool-response', value }));
        await session.append([{ role: 'user', content }, seen]);
        return {
          first: [ids.size, one.callID === one.callId, ...first],
          second: JSON.parse(await session.prompt('echo')).prompt.messages,
        };
      },
      [OPEN_LOOP, `Let me see. ${call('weather', { city: 'Rome' })}\n${call('traffic', {})}`] as const,
    );
    expect(first).toEqual([
      ...[2, true],
      'Let me see.',
      [true, 'weather', { city: 'Rome' }],
      [true, 'traffic', {}],
    ]);
    const [one, two] = second[1].toolCalls;
    expect(second.slice(1, 5)).toEqual([
      {
        role: 'assistant',
        content: 'Let me see.',
        toolCalls: [
          { id: one.id, name: 'weather', arguments: '{"city":"Rome"}' },
          { id: two.id, name: 'traffic', arguments: '{}' },
        ],
      },
      { role: 'tool', content: '20 °C', toolCallId: one.id, name: 'weather' },
      { role: 'tool', content: 'Error: closed', toolCallId: two.id, name: 'traffic' },
      { role: 'assistant', content: 'I see.' },
    ]);
  });

  test('streams calls as objects between texts; a clone has the tools as well', async () => {
    const pieces = await page.evaluate(
      async ([options, text]) => {
        const session = await (await LanguageModel.create(options)).clone();
        const pieces = [];
        for await (const piece of session.promptStreaming(`say ${text}`))
          pieces.push(typeof piece === 'string' ? piece : [piece.type, piece.value.name]);
        return pieces;
      },
      [OPEN_LOOP, `One. ${call('weather', {})} Two.`] as const,
    );
    expect(pieces).toEqual(['One.', ['tool-call', 'weather'], 'Two.']);
  });

  test('what looks like a call and is none stays text', async () => {
    const answers = await page.evaluate(
      async ([options, texts]) => {
        const session = await LanguageModel.create(options);
        const answers = [];
        for (const text of texts) answers.push(await session.prompt(`say ${text}`));
        return answers;
      },
      [
        OPEN_LOOP,
        ['a <tool', call('unknown', {}), '<tool_call>{"name":</tool_call>', call('weather', [])],
      ] as const,
    );
    expect(answers).toEqual([
      'a <tool',
      call('unknown', {}),
      '<tool_call>{"name":</tool_call>',
      call('weather', []),
    ]);
  });

  test('history that a page brings keeps its calls, arguments and responses', async () => {
    const messages = await page.evaluate(async (options) => {
      const calls = [
        { callID: '1', name: 'weather', arguments: { cities: ['Rome'], metric: true } },
        { callId: '2', name: 'weather' },
        { callID: '3', name: 'weather', arguments: undefined },
      ].map((init) => ({ type: 'tool-call', value: new LanguageModelToolCall(init) }));
      const result = [
        { type: 'text', value: 'valid' },
        { type: 'object', value: { nested: [1, 2] } },
      ];
      const value = new LanguageModelToolSuccess({ callID: '1', name: 'weather', result });
      const session = await LanguageModel.create({
        ...options,
        initialPrompts: [
          { role: 'assistant', content: calls },
          { role: 'user', content: [{ type: 'tool-response', value }] },
          { role: 'assistant', content: 'I see.' },
        ],
      });
      return JSON.parse(await session.prompt('echo')).prompt.messages;
    }, OPEN_LOOP);
    expect(messages[0].toolCalls.map((call: { arguments: string }) => call.arguments)).toEqual([
      '{"cities":["Rome"],"metric":true}',
      '{}',
      '{}',
    ]);
    expect(messages[1]).toMatchObject({ role: 'tool', content: '["valid",{"nested":[1,2]}]' });
  });

  test('what cannot be sent is refused: by the kind of thing it is, by role, by what the session expects', async () => {
    const names = await page.evaluate(async (options) => {
      const session = await LanguageModel.create(options);
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      const calling = (args: unknown, role = 'assistant') => [
        {
          role,
          content: [
            {
              type: 'tool-call',
              value: new LanguageModelToolCall({ callID: '1', name: 'weather', arguments: args }),
            },
          ],
        },
      ];
      const responding = (type: string, value: unknown, role = 'user') => {
        const init = { callID: '1', name: 'weather', result: [{ type, value }] };
        return [{ role, content: [{ type: 'tool-response', value: new LanguageModelToolSuccess(init) }] }];
      };
      const bitmap = await createImageBitmap(new ImageData(2, 2));
      const strict = await LanguageModel.create({ ...options, expectedInputs: [] });
      const inputs = [
        ...[calling([]), calling(circle), calling({}, 'user'), calling({ big: 1n })],
        ...[responding('text', circle), responding('text', () => {}), responding('text', 1n)],
        ...[responding('object', bitmap), responding('image', bitmap), responding('text', 'x', 'assistant')],
        ...['tool-call', 'tool-response'].map((type) => [{ role: 'user', content: [{ type, value: 'x' }] }]),
      ];
      const names = [];
      for (const input of inputs) names.push(await session.prompt(input).catch((error: Error) => error.name));
      names.push(await strict.prompt(calling({})).catch((error: Error) => error.name));
      names.push(await strict.prompt(responding('text', 'x')).catch((error: Error) => error.name));
      return names;
    }, OPEN_LOOP);
    expect(names).toEqual([
      ...['DataError', 'DataError', 'TypeError', 'DataError'],
      ...['DataError', 'DataError', 'DataError'],
      ...['DataError', 'NotSupportedError', 'TypeError'],
      ...['TypeError', 'TypeError'],
      ...['NotSupportedError', 'NotSupportedError'],
    ]);
  });
});

describe('the closed loop', () => {
  test('runs all calls at once, tells the model what came of them, and gives its last word', async () => {
    const { answer, runs, messages } = await page.evaluate(
      async ([declared, text]) => {
        const runs: unknown[] = [];
        const session = await LanguageModel.create({
          tools: [
            {
              ...declared,
              async execute(args: unknown) {
                runs.push(args);
                await Promise.resolve();
                runs.push('later');
                return '20 °C';
              },
            },
            {
              ...declared,
              name: 'traffic',
              execute() {
                throw new Error('closed');
              },
            },
          ],
        });
        const answer = await session.prompt(`say ${text}`);
        return { answer, runs, messages: JSON.parse(await session.prompt('echo')).prompt.messages };
      },
      [
        tool,
        `${call('weather', { city: 'Rome' })}${call('weather', { city: 'Oslo' })}${call('traffic', {})}`,
      ] as const,
    );
    expect(runs).toEqual([{ city: 'Rome' }, { city: 'Oslo' }, 'later', 'later']);
    expect(answer).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
    const roles = ['user', 'assistant', 'tool', 'tool', 'tool', 'assistant', 'user'];
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(roles);
    expect(messages.slice(2, 5).map(({ content }: { content: string }) => content)).toEqual([
      ...['20 °C', '20 °C', 'Error: closed'],
    ]);
  });

  test('an abort ends it while a tool runs, and the session goes on', async () => {
    const results = await page.evaluate(
      async ([declared, text]) => {
        const abort = new AbortController();
        const session = await LanguageModel.create({
          tools: [
            {
              ...declared,
              execute() {
                abort.abort();
                return new Promise(() => {});
              },
            },
          ],
        });
        const name = await session
          .prompt(`say ${text}`, { signal: abort.signal })
          .catch((error: Error) => error.name);
        return [name, (await session.prompt('hello')).slice(0, 3)];
      },
      [tool, call('weather', {})] as const,
    );
    expect(results).toEqual(['AbortError', 'w0 ']);
  });
});
