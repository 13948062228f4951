import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_MESSAGES, MAX_PROMPT_CHARS } from '../../protocol/limits.ts';
import { parseChat, parseCompletion } from './request.ts';

const messages = [{ role: 'user', content: 'hello' }];

/** How a parse failed: the field that it names and its code. */
function failureOf(parse: (body: unknown) => unknown, body: unknown): { code: string; param?: string } {
  try {
    parse(body);
  } catch (error) {
    return error as { code: string; param: string };
  }
  throw new Error(`This was taken: ${JSON.stringify(body)}`);
}

test('a chat with nothing else has OpenAI’s defaults, and a seed of its own each time', () => {
  const [one, two] = [parseChat({ messages }), parseChat({ messages })];
  const { seed, ...sampling } = one.inputs[0]!.sampling;
  expect(one).toMatchObject({
    inputs: [
      {
        model: undefined,
        prompt: { kind: 'messages', messages },
        maxTokens: undefined,
        stop: [],
        readsAnswer: true,
      },
    ],
    choices: 1,
    stream: false,
    includeUsage: false,
    returnTokenIds: false,
  });
  expect(sampling).toEqual({
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
  });
  expect(seed).toSatisfy((value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32);
  expect(two.inputs[0]!.sampling.seed).not.toBe(seed);
});

test('a completion has sixteen tokens by default, as OpenAI says', () => {
  expect(parseCompletion({ prompt: 'x' }).inputs[0]!.maxTokens).toBe(16);
});

test('every field that is followed arrives', () => {
  const {
    inputs: [input],
    ...rest
  } = parseCompletion({
    model: 'm',
    prompt: [1, 2],
    max_tokens: 7,
    temperature: 0,
    top_p: 0.5,
    top_k: 3,
    min_p: 0.1,
    frequency_penalty: -2,
    presence_penalty: 2,
    repetition_penalty: 1.5,
    seed: -1,
    logit_bias: { 5: -100, 6: 2.5 },
    n: 2,
    stop: 'end',
    keep_tokens: 4,
    stream: true,
    stream_options: { include_usage: true },
    return_token_ids: true,
  });
  expect(input).toEqual({
    model: 'm',
    prompt: { kind: 'ids', ids: [1, 2] },
    maxTokens: 7,
    sampling: {
      temperature: 0,
      topP: 0.5,
      topK: 3,
      minP: 0.1,
      frequencyPenalty: -2,
      presencePenalty: 2,
      repetitionPenalty: 1.5,
      bias: [
        [5, -100],
        [6, 2.5],
      ],
      seed: 2 ** 32 - 1,
    },
    shift: { keepTokens: 4 },
    stop: ['end'],
  });
  expect(rest).toEqual({
    choices: 2,
    bestOf: 2,
    echo: undefined,
    stream: true,
    includeUsage: true,
    returnTokenIds: true,
  });
});

test('text in parts is joined, and a developer speaks as the system', () => {
  const [input] = parseChat({
    messages: [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: 'x', refusal: null },
    ],
  }).inputs;
  expect(input!.prompt).toEqual({
    kind: 'messages',
    messages: [
      { role: 'system', content: 'ab' },
      { role: 'assistant', content: 'x' },
    ],
  });
});

test('fields that ask for nothing are fine', () => {
  const idle = {
    n: 1,
    tools: [],
    logprobs: false,
    logit_bias: {},
    response_format: { type: 'text' },
    user: 'u',
  };
  expect(() => parseChat({ messages, ...idle, top_p: null, stop: null, seed: undefined })).not.toThrow();
});

/** For each field, values of every wrong kind. */
const WRONG: [field: string, ...values: unknown[]][] = [
  ['model', 5, '', {}, [], true, 'x'.repeat(201)],
  ['temperature', '1', -0.1, 2.1, Number.NaN, Number.POSITIVE_INFINITY, {}, [], true, 1n],
  ['top_p', '1', -0.1, 1.1, Number.NaN, {}, true],
  ['keep_tokens', '1', -1, 1.5, {}, true],
  ['top_k', '1', -1, 1.5, Number.NaN, {}, true],
  ['min_p', '0', -0.1, 1.1, Number.NaN, {}],
  ['frequency_penalty', '0', -2.1, 2.1, Number.NaN, []],
  ['presence_penalty', '0', -2.1, 2.1, Number.NaN, []],
  ['repetition_penalty', '1', 0, -1, 101, Number.NaN],
  ['seed', '1', 1.5, 2 ** 60, Number.NaN, {}, true],
  ['max_tokens', '1', 0, -1, 1.5, 2 ** 40, Number.NaN, {}, true],
  ['max_completion_tokens', '1', 0, -1, 1.5, {}],
  ['stop', 5, '', [''], [5], ['a', null], new Array(3), Array(17).fill('x'), 'x'.repeat(257), {}],
  ['stream', 'true', 1, {}, []],
  ['stream_options', 'x', 1, [], true],
  ['return_token_ids', 'true', 1, {}],
  ['n', 0, '1', 17, 1.5],
  ['tools', {}, 'x', 5, Array(129).fill({ type: 'function', function: { name: 'f' } })],
  ['tool_choice', 'required', 'any', {}, { type: 'function', function: { name: 'f' } }],
  ['parallel_tool_calls', 'true', 0],
  ['functions', [{}]],
  ['function_call', 'auto', { name: 'f' }],
  ['response_format', 'text', 5, []],
  ['logprobs', 1, 'false'],
  ['top_logprobs', 5, 21, -1, 1.5, '0'],
  ['logit_bias', { x: 1 }, { 5: 101 }, { 5: '1' }, { '-1': 1 }, [], 'x'],
  ['prediction', { type: 'content', content: 'x' }],
  ['web_search_options', {}],
  ['verbosity', 'low'],
  ['modalities', ['text', 'audio']],
  ['audio', { voice: 'x' }],
  ['reasoning_effort', 'much', 5, {}],
  ['store', true],
  ['nonsense', 1, 'x', false],
];

test.each(WRONG.flatMap(([field, ...values]) => values.map((value) => ({ field, value }))))(
  'a chat with $field = $value is refused by that name',
  ({ field, value }) => {
    expect(failureOf(parseChat, { messages, [field]: value })).toMatchObject({
      code: 'bad-input',
      param: field,
    });
  },
);

test.each([
  { field: 'best_of', value: 17 },
  { field: 'best_of', value: '2' },
  { field: 'echo', value: 'true' },
  { field: 'logprobs', value: 6 },
  { field: 'logprobs', value: -1 },
  { field: 'logprobs', value: true },
  { field: 'suffix', value: 'end' },
  { field: 'messages', value: messages },
  ...[
    5,
    {},
    true,
    null,
    undefined,
    [],
    ['a', 5],
    [[]],
    Array(17).fill('a'),
    [1.5],
    [-1],
    [2 ** 32],
    [1, '2'],
    new Array(3),
  ].map((value) => ({ field: 'prompt', value })),
])('a completion with $field = $value is refused by that name', ({ field, value }) => {
  expect(failureOf(parseCompletion, { prompt: 'x', [field]: value })).toMatchObject({
    code: 'bad-input',
    param: field,
  });
});

test.each([
  { param: 'messages', value: undefined },
  { param: 'messages', value: 'hello' },
  { param: 'messages', value: [] },
  { param: 'messages', value: Array(MAX_MESSAGES + 1).fill(messages[0]) },
  { param: 'messages[0]', value: [5] },
  { param: 'messages[0]', value: new Array(1) },
  { param: 'messages[1]', value: [messages[0], null] },
  { param: 'messages[0].role', value: [{ content: 'x' }] },
  { param: 'messages[0].role', value: [{ role: 'function', content: 'x' }] },
  { param: 'messages[0].tool_call_id', value: [{ role: 'tool', content: 'x' }] },
  { param: 'messages[0].tool_call_id', value: [{ role: 'user', content: 'x', tool_call_id: 'y' }] },
  { param: 'messages[0].role', value: [{ role: 'constructor', content: 'x' }] },
  { param: 'messages[0].content', value: [{ role: 'user' }] },
  { param: 'messages[0].content', value: [{ role: 'user', content: 5 }] },
  { param: 'messages[0].content[0]', value: [{ role: 'user', content: ['x'] }] },
  {
    param: 'messages[0].content[1].type',
    value: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: {} },
        ],
      },
    ],
  },
  { param: 'messages[0].content[0].text', value: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] },
  { param: 'messages[0].name', value: [{ role: 'user', content: 'x', name: 5 }] },
  { param: 'messages[0].audio', value: [{ role: 'assistant', content: 'x', audio: { id: 'y' } }] },
  { param: 'messages[0].tool_calls[0].type', value: [{ role: 'assistant', tool_calls: [{}] }] },
  {
    param: 'messages[0].tool_calls[0].function.arguments',
    value: [
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '[1]' } }],
      },
    ],
  },
])('messages wrong at $param are refused by that name', ({ param, value }) => {
  expect(failureOf(parseChat, { messages: value })).toMatchObject({ code: 'bad-input', param });
});

test.each([undefined, null, 'x', 5, [], true])('a request that is %j is refused', (body) => {
  expect(failureOf(parseChat, body)).toMatchObject({ code: 'bad-input', param: 'request' });
});

const f = { name: 'f', parameters: { type: 'object', properties: { x: { type: 'number' } } } };

test('tools, their calls and their results arrive', () => {
  const [input] = parseChat({
    messages: [
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '2' },
    ],
    tools: [{ type: 'function', function: f }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'n', strict: true, schema: { type: 'object' } },
    },
    logprobs: true,
    top_logprobs: 20,
  }).inputs;
  expect(input).toMatchObject({
    prompt: {
      messages: [
        {
          role: 'assistant',
          content: '',
          reasoning: 'hm',
          toolCalls: [{ id: 'c', name: 'f', arguments: '{"x":1}' }],
        },
        { role: 'tool', content: '2', toolCallId: 'c' },
      ],
      tools: [{ name: 'f', parameters: JSON.stringify(f.parameters) }],
      reasoning: 'low',
    },
    toolChoice: { name: 'f' },
    maxToolCalls: 1,
    constraint: { kind: 'json-schema', schema: '{"type":"object"}' },
    logprobs: true,
    topLogprobs: 20,
  });
});

test.each([
  { param: 'tools[0].type', more: { tools: [{ type: 'web_search' }] } },
  { param: 'tools[0].function.name', more: { tools: [{ type: 'function', function: { name: 'a b' } }] } },
  {
    param: 'tools[0].function.parameters',
    more: { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
  },
  { param: 'tools[0].function.more', more: { tools: [{ type: 'function', function: { ...f, more: 1 } }] } },
  { param: 'tools', more: { tools: [f, f].map((one) => ({ type: 'function', function: one })) } },
  {
    param: 'tool_choice',
    more: {
      tools: [{ type: 'function', function: f }],
      tool_choice: { type: 'function', function: { name: 'g' } },
    },
  },
  { param: 'response_format.type', more: { response_format: { type: 'grammar' } } },
  { param: 'response_format.type', more: { response_format: {} } },
  { param: 'response_format.json_schema', more: { response_format: { type: 'json_schema' } } },
  {
    param: 'response_format.json_schema.schema',
    more: { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
  },
  { param: 'stream_options.more', more: { stream_options: { more: true } } },
])('what is wrong within a field is refused by its path: $param', ({ param, more }) => {
  expect(failureOf(parseChat, { messages, ...more })).toMatchObject({ code: 'bad-input', param });
});

test('a completion has several prompts, several choices of each, and repeats its prompt where it is asked to', () => {
  const { inputs, choices, bestOf, echo } = parseCompletion({
    prompt: ['a', 'b'],
    n: 2,
    best_of: 3,
    echo: true,
  });
  expect(inputs.map(({ prompt }) => prompt)).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'text', text: 'b' },
  ]);
  expect({ choices, bestOf, echo }).toEqual({ choices: 2, bestOf: 3, echo: ['a', 'b'] });
  expect(inputs[0]).toMatchObject({ logprobs: true, topLogprobs: 0 });
  expect(parseCompletion({ prompt: 'a', logprobs: 5 }).inputs[0]).toMatchObject({
    logprobs: true,
    topLogprobs: 5,
  });
});

test.each([
  { param: 'best_of', body: { prompt: 'x', n: 3, best_of: 2 } },
  { param: 'best_of', body: { prompt: 'x', best_of: 2, stream: true } },
  { param: 'echo', body: { prompt: [1], echo: true } },
  { param: 'echo', body: { prompt: 'x', echo: true, logprobs: 0 } },
  { param: 'n', body: { prompt: Array(9).fill('x'), n: 2 } },
])('a completion that cannot be is refused by $param', ({ param, body }) => {
  expect(failureOf(parseCompletion, body)).toMatchObject({ code: 'bad-input', param });
});

test('two limits that differ are refused rather than one of them passed over', () => {
  expect(failureOf(parseChat, { messages, max_tokens: 5, max_completion_tokens: 6 })).toMatchObject({
    param: 'max_tokens',
  });
});

test('a prompt over the limit is too long, however it comes', () => {
  const long = 'x'.repeat(MAX_PROMPT_CHARS);
  expect(() => parseCompletion({ prompt: long })).not.toThrow();
  expect(failureOf(parseCompletion, { prompt: `${long}x` })).toMatchObject({ code: 'too-long' });
  const halves = ['x', long].map((content) => ({ role: 'user', content }));
  expect(failureOf(parseChat, { messages: halves })).toMatchObject({ code: 'too-long' });
});

test('whatever comes, it is understood or refused with a code', () => {
  const field = fc.constantFrom(
    ...WRONG.map(([name]) => name),
    'messages',
    'prompt',
    'metadata',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.dictionary(field, fc.anything({ withSparseArray: true, withBigInt: true })), (body) => {
      for (const parse of [parseChat, parseCompletion])
        try {
          parse(body);
        } catch (error) {
          expect(['bad-input', 'too-long']).toContain((error as { code: string }).code);
        }
    }),
  );
});
