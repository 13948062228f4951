import type { Stream } from '../channel/connect.ts';
import type { GenerateOutput } from '../protocol/generate.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import type { OpenAIRequest } from './openai-request.ts';

type Part = PageCalls['generate']['part'];

/** What the two endpoints call the same things. */
export interface AnswerStyle {
  prefix: string;
  object: string;
  chunkObject: string;
  whole(text: string): object;
  /** Undefined text is the start of the answer, before the first. */
  piece(text: string | undefined): object;
}

export const chatStyle: AnswerStyle = {
  prefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  piece: (content) => ({
    delta: content === undefined ? { role: 'assistant', content: '' } : content ? { content } : {},
  }),
};

export const completionStyle: AnswerStyle = {
  prefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: (text) => ({ text }),
  piece: (text = '') => ({ text }),
};

/** The answer in one piece. */
export async function wholeAnswer(
  style: AnswerStyle,
  { returnTokenIds }: OpenAIRequest,
  stream: Stream<Part, GenerateOutput>,
): Promise<object> {
  let text = '';
  const ids: number[] = [];
  for await (const part of stream) {
    text += part.text;
    ids.push(...part.ids);
  }
  const output = await stream.output;
  const choice = { index: 0, ...style.whole(text), logprobs: null, finish_reason: output.finishReason };
  return {
    ...head(style, style.object, output.model),
    choices: [returnTokenIds ? { ...choice, token_ids: ids } : choice],
    ...end(output),
  };
}

/** The answer in chunks, the last with its usage. Resolves once the engine has begun, or rejects with why it did not. */
export async function streamedAnswer(
  style: AnswerStyle,
  request: OpenAIRequest,
  stream: Stream<Part, GenerateOutput>,
): Promise<AsyncGenerator<object, void, undefined>> {
  const parts = stream[Symbol.asyncIterator]();
  const first = await parts.next();
  const model: string = first.done ? (await stream.output).model : first.value.model;
  return chunks(style, request, model, first, parts, stream.output);
}

async function* chunks(
  style: AnswerStyle,
  { includeUsage, returnTokenIds }: OpenAIRequest,
  model: string,
  first: IteratorResult<Part>,
  parts: AsyncIterator<Part>,
  outcome: Promise<GenerateOutput>,
): AsyncGenerator<object, void, undefined> {
  const shared = { ...head(style, style.chunkObject, model), ...(includeUsage ? { usage: null } : {}) };
  const chunk = (text: string | undefined, ids: number[], finish: string | null = null) => {
    const choice = { index: 0, ...style.piece(text), logprobs: null, finish_reason: finish };
    return { ...shared, choices: [returnTokenIds ? { ...choice, token_ids: ids } : choice] };
  };

  try {
    if (style === chatStyle) yield chunk(undefined, []);
    for (let next = first; !next.done; next = await parts.next())
      yield chunk(next.value.text, next.value.ids);

    const output = await outcome;
    const last = chunk('', [], output.finishReason);
    if (!includeUsage) yield { ...last, ...end(output) };
    else {
      yield last;
      yield { ...shared, choices: [], ...end(output) };
    }
  } finally {
    // Leaving early frees the slot; after the end it does nothing
    await parts.return?.();
  }
}

function head({ prefix }: AnswerStyle, object: string, model: string): object {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return { id: prefix + id.join(''), object, created: Math.floor(Date.now() / 1000), model };
}

function end({ usage, timings }: GenerateOutput): object {
  return {
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    },
    timings: { queued_ms: timings.queuedMs, prefill_ms: timings.prefillMs, decode_ms: timings.decodeMs },
  };
}
