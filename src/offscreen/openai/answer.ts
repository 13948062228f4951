import type { Stream } from '../../channel/connect.ts';
import type { GenerateOutput, GeneratePart } from '../../protocol/generate.ts';
import type { OpenAIRequest } from './request.ts';

/** An answer on its way, and the model that gives it. */
export interface Answering {
  model: string;
  stream: Stream<GeneratePart, GenerateOutput>;
}

/** What the two endpoints call the same things. */
export interface AnswerStyle {
  idPrefix: string;
  object: string;
  chunkObject: string;
  whole(text: string): object;
  piece(text: string): object;
  /** What comes before the first piece. */
  opening: object | undefined;
}

export const chatStyle: AnswerStyle = {
  idPrefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  piece: (content) => ({ delta: content ? { content } : {} }),
  opening: { delta: { role: 'assistant', content: '' } },
};

export const completionStyle: AnswerStyle = {
  idPrefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: (text) => ({ text }),
  piece: (text) => ({ text }),
  opening: undefined,
};

/** The answer in one piece. */
export async function wholeAnswer(
  style: AnswerStyle,
  { returnTokenIds }: OpenAIRequest,
  { model, stream }: Answering,
): Promise<object> {
  let text = '';
  let ids: number[] = [];
  for await (const part of stream) {
    text += part.text;
    ids = ids.concat(part.ids);
  }
  const output = await stream.output;
  const choice = {
    index: 0,
    ...style.whole(text),
    logprobs: null,
    finish_reason: output.finishReason,
    ...(returnTokenIds ? { token_ids: ids } : {}),
  };
  return { ...head(style, style.object, model), choices: [choice], ...tail(output) };
}

/** The answer in chunks, the last with its usage. */
export async function* chunkedAnswer(
  style: AnswerStyle,
  { includeUsage, returnTokenIds }: OpenAIRequest,
  { model, stream }: Answering,
): AsyncGenerator<object, void, undefined> {
  const shared = { ...head(style, style.chunkObject, model), ...(includeUsage ? { usage: null } : {}) };
  const chunk = (piece: object, ids: number[], finish: string | null = null) => ({
    ...shared,
    choices: [
      {
        index: 0,
        ...piece,
        logprobs: null,
        finish_reason: finish,
        ...(returnTokenIds ? { token_ids: ids } : {}),
      },
    ],
  });

  // Nothing goes out before the engine has begun, so that a failure until then fails the call itself
  let { opening } = style;
  for await (const { text, ids } of stream) {
    if (opening) yield chunk(opening, []);
    opening = undefined;
    yield chunk(style.piece(text), ids);
  }
  const output = await stream.output;
  if (opening) yield chunk(opening, []);

  const last = chunk(style.piece(''), [], output.finishReason);
  if (!includeUsage) yield { ...last, ...tail(output) };
  else {
    yield last;
    yield { ...shared, choices: [], ...tail(output) };
  }
}

function head({ idPrefix }: AnswerStyle, object: string, model: string): object {
  const id = idPrefix + crypto.randomUUID().replaceAll('-', '');
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

function tail({ usage, timings, stages }: GenerateOutput): object {
  return {
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedTokens },
      // Machines have names that are no site's business
      hearth: { stages: stages?.map(({ first, end }) => ({ first, end })) ?? [] },
    },
    timings: { queued_ms: timings.queuedMs, prefill_ms: timings.prefillMs, decode_ms: timings.decodeMs },
  };
}
