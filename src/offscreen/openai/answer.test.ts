import { expect, expectTypeOf, test } from 'vitest';
import type { Stream } from '../../channel/connect.ts';
import type { ChatCompletion, Completion, HearthErrorCode } from '../../page/hearth.d.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { GenerateOutput, GeneratePart } from '../../protocol/generate.ts';
import { chatStyle, chunkedAnswer, completionStyle, wholeAnswer } from './answer.ts';
import { parseChat } from './request.ts';

const output: GenerateOutput = {
  model: 'm',
  finishReason: 'stop',
  usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 1 },
  timings: { queuedMs: 1, prefillMs: 2, decodeMs: 3 },
};

function answering(parts: GeneratePart[]) {
  const stream: Stream<GeneratePart, GenerateOutput> = {
    output: Promise.resolve(output),
    async *[Symbol.asyncIterator]() {
      yield* parts;
    },
  };
  return { model: 'm', streams: [stream] };
}

const request = (more: object = {}) => parseChat({ messages: [{ role: 'user', content: 'x' }], ...more });
const parts: GeneratePart[] = [
  { text: 'a', ids: [5], pieces: [{ text: 'a' }] },
  { text: 'b', ids: [6, 7], pieces: [{ text: 'b' }] },
];

test('a chat in one piece', async () => {
  expect(await wholeAnswer(chatStyle, request(), answering(parts))).toEqual({
    id: expect.stringMatching(/^chatcmpl-\w+$/),
    object: 'chat.completion',
    created: expect.toSatisfy(Number.isInteger),
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'ab', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 0 },
      hearth: { where: 'this machine', stages: [] },
    },
    timings: { queued_ms: 1, prefill_ms: 2, decode_ms: 3 },
  } satisfies ChatCompletion);
});

test('an answer that machines made together says which layers each had, and names none', async () => {
  const {
    model,
    streams: [stream],
  } = answering(parts);
  const output = stream!.output.then((output) => ({
    ...output,
    stages: [
      { machine: 'Study', first: 0, end: 4 },
      { machine: 'Attic', first: 4, end: 7 },
    ],
  }));
  const answer = await wholeAnswer(chatStyle, request(), {
    model,
    streams: [Object.assign(stream!, { output })],
  });
  expect(answer).toHaveProperty('usage.hearth', {
    where: 'several machines of the room',
    stages: [
      { first: 0, end: 4 },
      { first: 4, end: 7 },
    ],
  });
});

test('a completion in one piece, with its ids', async () => {
  const answer = await wholeAnswer(completionStyle, request({ return_token_ids: true }), answering(parts));
  expect(answer).toMatchObject({
    id: expect.stringMatching(/^cmpl-/),
    object: 'text_completion',
    choices: [{ index: 0, text: 'ab', logprobs: null, finish_reason: 'stop', token_ids: [5, 6, 7] }],
  } satisfies Partial<Completion>);
});

async function collect(more: object, some = parts) {
  const chunks = [];
  for await (const chunk of chunkedAnswer(chatStyle, request(more), answering(some))) chunks.push(chunk);
  return chunks as {
    choices: { delta: object; token_ids?: number[]; finish_reason: string | null }[];
    usage?: object;
  }[];
}

test('chunks: an opening, the pieces, and the end with its usage', async () => {
  const chunks = await collect({ return_token_ids: true });
  expect(chunks.map(({ choices }) => choices[0])).toEqual([
    {
      index: 0,
      delta: { role: 'assistant', content: '' },
      logprobs: null,
      finish_reason: null,
      token_ids: [],
    },
    { index: 0, delta: { content: 'a' }, logprobs: null, finish_reason: null, token_ids: [5] },
    { index: 0, delta: { content: 'b' }, logprobs: null, finish_reason: null, token_ids: [6, 7] },
    { index: 0, delta: {}, logprobs: null, finish_reason: 'stop', token_ids: [] },
  ]);
  expect(chunks.map((chunk) => 'usage' in chunk)).toEqual([false, false, false, true]);
});

test('with include_usage the usage has a chunk of its own, and is null in the others', async () => {
  const chunks = await collect({ stream_options: { include_usage: true } });
  expect(chunks.map(({ usage }) => usage)).toEqual([
    null,
    null,
    null,
    null,
    expect.objectContaining({ total_tokens: 5 }),
  ]);
  expect(chunks.at(-1)!.choices).toEqual([]);
});

test('an answer without a token has an opening and an end', async () => {
  const chunks = await collect({}, []);
  expect(chunks.map(({ choices }) => choices[0]!.delta)).toEqual([{ role: 'assistant', content: '' }, {}]);
});

test('the published codes are the codes', () => {
  expectTypeOf<HearthErrorCode>().toEqualTypeOf<ErrorCode>();
});
