import * as v from 'valibot';
import { nothing, parser } from '../channel/parser.ts';
import type { Handlers, OpenCall } from '../channel/serve.ts';
import type { EmbedInput } from '../protocol/embed.ts';
import { HearthError } from '../protocol/errors.ts';
import * as limits from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import { builtInCalls } from './built-in-ai/index.ts';
import { beginAnswer, beginVectors, type GenerationDeps } from './generation.ts';
import { type AnswerStyle, chatStyle, chunkedAnswer, completionStyle, wholeAnswer } from './openai/answer.ts';
import { embeddingList, parseEmbed, parseEmbeddings } from './openai/embeddings.ts';
import { type Answer, isStream, respond } from './openai/http.ts';
import { openAIModels } from './openai/models.ts';
import { type OpenAIRequest, parseChat, parseCompletion } from './openai/request.ts';

const RequestInput = v.object({
  models: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.MAX_MODEL_ID_CHARS))),
      v.maxLength(limits.MAX_MODELS_PER_REQUEST),
    ),
  ),
});

const FetchInput = v.object({
  method: v.string(),
  url: v.pipe(v.string(), v.url()),
  // JSON may say a character in six
  body: v.pipe(v.string(), v.maxLength(6 * limits.MAX_PROMPT_CHARS)),
});

/** What a page may call. Nothing about machine or models goes out before the user has said yes. */
export function pageCalls(deps: GenerationDeps): Handlers<PageCalls> {
  const { page, consent, engine } = deps;

  async function allowedModels(): Promise<string[]> {
    const ids = await consent.models(page);
    if (ids) return ids;
    throw new HearthError(
      'not-allowed',
      'This site may not use Hearth yet. Call hearth.request() to ask the user.',
    );
  }

  async function models(signal: AbortSignal) {
    const ids = await allowedModels();
    return openAIModels(await (await engine.client()).call('summaries', { models: ids }, { signal }));
  }

  async function answer(style: AnswerStyle, request: OpenAIRequest, signal: AbortSignal): Promise<Answer> {
    const answering = await beginAnswer(deps, request.input, signal);
    return (request.stream ? chunkedAnswer : wholeAnswer)(style, request, answering);
  }

  async function embeddings(body: unknown, signal: AbortSignal): Promise<object> {
    const { input, encoding } = parseEmbeddings(body);
    const { stream } = await beginVectors(deps, input, signal);
    return embeddingList(await stream.output, encoding);
  }

  /** Chunks are parts of the call; an answer in one piece is its output. */
  const endpoint = (style: AnswerStyle) => async (request: OpenAIRequest, call: OpenCall<object>) => {
    const result = await answer(style, request, call.signal);
    if (!isStream(result)) return result;
    for await (const chunk of result) await call.send(chunk);
    return undefined;
  };

  return {
    request: {
      parse: parser(RequestInput),
      run: async ({ models = [] }, call) => ({ models: await consent.request(page, models, call.signal) }),
    },
    models: { parse: nothing, run: (_, call) => models(call.signal) },
    ...builtInCalls(deps),
    chat: { parse: parseChat, run: endpoint(chatStyle) },
    complete: { parse: parseCompletion, run: endpoint(completionStyle) },
    embed: {
      parse: parseEmbed,
      async run(input: EmbedInput, call) {
        const { stream } = await beginVectors(deps, input, call.signal);
        for await (const progress of stream) await call.send(progress);
        const { model, vectors, usage } = await stream.output;
        const tokens = usage.promptTokens;
        return { model, vectors, usage: { prompt_tokens: tokens, total_tokens: tokens } };
      },
    },
    meshStatus: {
      parse: nothing,
      async run() {
        await allowedModels();
        return deps.room.summary(page);
      },
    },
    fetch: {
      parse: parser(FetchInput),
      run: (request, call) =>
        respond(
          request,
          {
            models,
            chat: async (body, signal) => answer(chatStyle, parseChat(body), signal),
            complete: async (body, signal) => answer(completionStyle, parseCompletion(body), signal),
            embeddings,
          },
          call,
        ),
    },
  };
}
