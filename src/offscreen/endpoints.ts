import type { EngineCalls } from '../protocol/engine-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import { messageEvents, wholeMessage } from './anthropic/answer.ts';
import { parseAnthropic, parseCount } from './anthropic/request.ts';
import { beginAnswer, beginAnswers, beginVectors, type GenerationDeps } from './generation.ts';
import type { Answer, Endpoints } from './http.ts';
import { type AnswerStyle, chatStyle, chunkedAnswer, completionStyle, wholeAnswer } from './openai/answer.ts';
import { embeddingList, parseEmbeddings } from './openai/embeddings.ts';
import { KeptResponses } from './openai/kept-responses.ts';
import { type OpenAIModels, openAIModels } from './openai/models.ts';
import { type OpenAIRequest, parseChat, parseCompletion } from './openai/request.ts';
import { responseEvents, wholeResponse } from './openai/responses-answer.ts';
import { transcriptEvents, wholeTranscript } from './openai/transcription-answer.ts';
import { parseTranscription, type TranscriptionRequest } from './openai/transcription-request.ts';
import { parseResponses } from './openai/responses-request.ts';
import { beginTask } from './task-calls.ts';

/** What OpenAI's and Anthropic's endpoints do for one page. */
export function endpoints(deps: GenerationDeps): Endpoints {
  const kept = new KeptResponses();
  return {
    'GET /models': ({ signal }) => models(deps, signal),
    'GET /models/:id': async ({ id, signal }) => {
      const { data } = await models(deps, signal);
      const model = data.find((one) => one.id === id);
      if (model) return model;
      throw new HearthError('not-found', 'There is no model of that name for this site.');
    },
    'POST /chat/completions': ({ body, signal }) => answer(deps, chatStyle, parseChat(body), signal),
    'POST /completions': ({ body, signal }) => answer(deps, completionStyle, parseCompletion(body), signal),
    'POST /embeddings': async ({ body, signal }) => {
      const { input, encoding } = parseEmbeddings(body);
      const { stream } = await beginVectors(deps, input, signal);
      return embeddingList(await stream.output, encoding);
    },
    'POST /audio/transcriptions': ({ body, signal }) =>
      transcription(deps, parseTranscription(body, 'transcribe'), signal),
    'POST /audio/translations': ({ body, signal }) =>
      transcription(deps, parseTranscription(body, 'translate'), signal),
    'POST /responses': async ({ body, signal }) => {
      const request = parseResponses(body, kept.said);
      const { model, stream } = await beginAnswer(deps, request.input, signal);
      const keep = request.isStored ? kept.keep : () => {};
      return (request.stream ? responseEvents : wholeResponse)(request, model, stream, keep);
    },
    'GET /responses/:id': ({ id }) => kept.get(id),
    'DELETE /responses/:id': ({ id }) => kept.remove(id),
    'POST /messages': async ({ body, signal }) => {
      const { input, stream: isStream } = parseAnthropic(body);
      return (isStream ? messageEvents : wholeMessage)(await beginAnswer(deps, input, signal));
    },
    'POST /messages/count_tokens': async ({ body, signal }) => ({
      input_tokens: await count(deps, parseCount(body), signal),
    }),
  };
}

/** Ids of the models that a page may use, or `not-allowed` before the user has said yes. */
export async function allowedModels({ page, consent }: GenerationDeps): Promise<string[]> {
  const ids = await consent.models(page);
  if (ids) return ids;
  throw new HearthError(
    'not-allowed',
    'This site may not use Hearth yet. Call hearth.request() to ask the user.',
  );
}

export async function models(deps: GenerationDeps, signal: AbortSignal): Promise<OpenAIModels> {
  const ids = await allowedModels(deps);
  const client = await deps.engine.client();
  return openAIModels(await client.call('summaries', { models: ids }, { signal }));
}

/** Chunks, where the request wants a stream, or all in one piece. */
export async function answer(
  deps: GenerationDeps,
  style: AnswerStyle,
  request: OpenAIRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const answering = await beginAnswers(deps, request.inputs, request.bestOf, signal);
  return (request.stream ? chunkedAnswer : wholeAnswer)(style, request, answering);
}

async function transcription(
  deps: GenerationDeps,
  request: TranscriptionRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const stream = await beginTask(deps, request.wish, signal);
  return request.stream ? transcriptEvents(stream) : wholeTranscript(request, stream);
}

/** Cutting a long text into tokens is work as well: it takes a slot. */
async function count(
  { page, consent, engine, slots }: GenerationDeps,
  { model, prompt }: Pick<EngineCalls['generate']['input'], 'model' | 'prompt'>,
  signal: AbortSignal,
): Promise<number> {
  const [id] = await consent.need(page, model ? [model] : [], signal);
  const client = await engine.client();
  const free = slots.take(page.origin);
  try {
    return (await client.call('count', { model: id!, prompt }, { signal })).tokens;
  } finally {
    free();
  }
}
