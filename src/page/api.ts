import { engine } from './engine.ts';
import { fields, isAbsent, optionalSignal, wrong } from './fields.ts';
import type { Hearth, ModelList } from './hearth.d.ts';
import {
  type AnswerStyle,
  chatStyle,
  completionStyle,
  streamedAnswer,
  wholeAnswer,
} from './openai-answer.ts';
import { makeFetch } from './openai-fetch.ts';
import { type OpenAIRequest, parseChat, parseCompletion } from './openai-request.ts';

export function makeHearth(): Hearth {
  const endpoints = {
    models: { list: listModels },
    chat: { completions: { create: creator(parseChat, chatStyle) } },
    completions: { create: creator(parseCompletion, completionStyle) },
  };
  const hearth = {
    get ready() {
      return engine().then(() => {});
    },
    request,
    ...endpoints,
    fetch: makeFetch(endpoints),
  };
  // The published types say more of what comes out than `create` needs to know
  return hearth as unknown as Hearth;
}

async function request(options: unknown = {}): Promise<{ models: string[] }> {
  const { models } = fields(options, 'options');
  const ids = isAbsent(models) ? [] : models;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string'))
    throw wrong('models', 'must be an array of model ids');
  return (await engine()).call('request', { models: ids });
}

async function listModels(): Promise<ModelList> {
  const models = await (await engine()).call('models', undefined);
  return {
    object: 'list',
    data: models.map(({ id, name, contextLength, backend, chat }) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: 'hearth',
      name,
      context_length: contextLength,
      backend,
      chat,
    })),
  };
}

/** The `create` of one endpoint. The signal may stand in the request or, as in OpenAI's SDK, in a second argument. */
function creator(parse: (body: unknown) => OpenAIRequest, style: AnswerStyle) {
  return async (body: unknown, options: unknown = {}): Promise<object> => {
    const request = parse(body);
    const signal = optionalSignal(fields(options, 'options')) ?? request.signal;
    const stream = (await engine()).stream('generate', request.input, { signal });
    return request.stream ? streamedAnswer(style, request, stream) : wholeAnswer(style, request, stream);
  };
}
