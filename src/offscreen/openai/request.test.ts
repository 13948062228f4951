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
  const { seed, ...sampling } = one.input.sampling;
  expect(one).toMatchObject({
    input: { model: undefined, prompt: { kind: 'messages', messages }, maxTokens: undefined, stop: [] },
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
  expect(two.input.sampling.seed).not.toBe(seed);
});

test('a completion has sixteen tokens by default, as OpenAI says', () => {
  expect(parseCompletion({ prompt: 'x' }).input.maxTokens).toBe(16);
});

test('every field that is followed arrives', () => {
  const { input, ...rest } = parseCompletion({
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
      seed: 2 ** 32 - 1,
    },
    shift: { keepTokens: 4 },
    stop: ['end'],
  });
  expect(rest).toEqual({ stream: true, includeUsage: true, returnTokenIds: true });
});

test('text in parts is joined, and a developer speaks as the system', () => {
  const { input } = parseChat({
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
  });
  expect(input.prompt).toEqual({
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
  ['n', 2, 0, '1'],
  ['tools', [{ type: 'function' }], {}, 'x'],
  ['tool_choice', 'required', 'auto', {}],
  ['functions', [{}]],
  ['response_format', { type: 'json_object' }, { type: 'json_schema', json_schema: {} }, 'text'],
  ['logprobs', true, 1, 'false'],
  ['top_logprobs', 5, 0],
  ['logit_bias', { 5: 1 }],
  ['modalities', ['text', 'audio']],
  ['audio', { voice: 'x' }],
  ['reasoning_effort', 'high'],
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
  { field: 'best_of', value: 2 },
  { field: 'echo', value: true },
  { field: 'suffix', value: 'end' },
  { field: 'messages', value: messages },
  ...[
    5,
    {},
    true,
    null,
    undefined,
    [],
    ['a'],
    ['a', 'b'],
    [[1, 2]],
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
  { param: 'messages[0].role', value: [{ role: 'tool', content: 'x' }] },
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
  { param: 'messages[0].name', value: [{ role: 'user', content: 'x', name: 'me' }] },
  { param: 'messages[0].tool_calls', value: [{ role: 'assistant', content: 'x', tool_calls: [{}] }] },
])('messages wrong at $param are refused by that name', ({ param, value }) => {
  expect(failureOf(parseChat, { messages: value })).toMatchObject({ code: 'bad-input', param });
});

test.each([undefined, null, 'x', 5, [], true])('a request that is %j is refused', (body) => {
  expect(failureOf(parseChat, body)).toMatchObject({ code: 'bad-input', param: 'request' });
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
