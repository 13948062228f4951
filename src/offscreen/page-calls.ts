import * as v from 'valibot';
import { nothing, parser } from '../channel/parser.ts';
import type { Handlers, OpenCall } from '../channel/serve.ts';
import type { EmbedInput } from '../protocol/embed.ts';
import * as limits from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import { builtInCalls } from './built-in-ai/index.ts';
import { allowedModels, answer, endpoints, models } from './endpoints.ts';
import { beginVectors, type GenerationDeps } from './generation.ts';
import { isStream, respond } from './http.ts';
import { type AnswerStyle, chatStyle, completionStyle } from './openai/answer.ts';
import { taskCalls } from './task-calls.ts';
import { parseEmbed } from './openai/embeddings.ts';
import { type OpenAIRequest, parseChat, parseCompletion } from './openai/request.ts';
import { type SharedFileDeps, sharedFileCalls } from './shared-files.ts';

const RequestInput = v.object({
  models: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.MAX_MODEL_ID_CHARS))),
      v.maxLength(limits.MAX_MODELS_PER_REQUEST),
    ),
  ),
});

const FormText = v.pipe(v.string(), v.maxLength(limits.MAX_FORM_CHARS));

const FetchInput = v.object({
  method: v.string(),
  url: v.pipe(v.string(), v.url()),
  body: v.union([
    // JSON may say a character in six
    v.pipe(v.string(), v.maxLength(6 * limits.MAX_PROMPT_CHARS)),
    v.pipe(
      v.array(v.tuple([FormText, v.union([FormText, v.instance(Blob)])])),
      v.maxLength(limits.MAX_FORM_PARTS),
    ),
  ]),
  isAnthropic: v.optional(v.boolean()),
});

/** What a page may call. Nothing about machine or models goes out before the user has said yes. */
export function pageCalls(deps: GenerationDeps & SharedFileDeps): Handlers<PageCalls> {
  const { page, consent } = deps;
  const http = endpoints(deps);

  /** Chunks are parts of the call; an answer in one piece is its output. */
  const endpoint = (style: AnswerStyle) => async (request: OpenAIRequest, call: OpenCall<object>) => {
    const result = await answer(deps, style, request, call.signal);
    if (!isStream(result)) return result;
    for await (const chunk of result) await call.send(chunk);
    return undefined;
  };

  return {
    request: {
      parse: parser(RequestInput),
      run: async ({ models = [] }, call) => ({ models: await consent.request(page, models, call.signal) }),
    },
    models: { parse: nothing, run: (_, call) => models(deps, call.signal) },
    ...builtInCalls(deps),
    ...sharedFileCalls(deps),
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
    ...taskCalls(deps),
    meshStatus: {
      parse: nothing,
      async run() {
        await allowedModels(deps);
        return { ...deps.room.summary(page), recent: deps.runs.of(page) };
      },
    },
    fetch: {
      parse: parser(FetchInput),
      run: (request, call) => respond(request, http, call),
    },
  };
}
