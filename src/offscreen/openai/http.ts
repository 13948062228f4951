import type { OpenCall } from '../../channel/serve.ts';
import { type ErrorCode, HearthError, toFailure } from '../../protocol/errors.ts';
import type { HttpHead, HttpRequest } from '../../protocol/page-calls.ts';
import { FieldError } from './fields.ts';
import type { OpenAIModels } from './models.ts';

/** An answer in one piece, or its chunks. */
export type Answer = object | AsyncIterable<object>;

export function isStream(answer: Answer): answer is AsyncIterable<object> {
  return Symbol.asyncIterator in answer;
}

/** What the endpoints do, in terms of HTTP no more. */
export interface Endpoints {
  models(signal: AbortSignal): Promise<OpenAIModels>;
  chat(body: unknown, signal: AbortSignal): Promise<Answer>;
  complete(body: unknown, signal: AbortSignal): Promise<Answer>;
  embeddings(body: unknown, signal: AbortSignal): Promise<Answer>;
}

/** 4xx where the request is at fault, 429 where waiting helps, 5xx where the machine is. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-input': 400,
  'not-supported': 400,
  'too-long': 400,
  'not-allowed': 403,
  'not-found': 404,
  'unknown-call': 404,
  busy: 429,
  internal: 500,
};

const PATH = /\/v1\/(chat\/completions|completions|embeddings|models)(?:\/([^/]+))?\/?$/;

/** Answers one request as OpenAI's servers do: JSON or server-sent events, status codes and error objects. */
export async function respond(
  request: HttpRequest,
  endpoints: Endpoints,
  call: Pick<OpenCall<HttpHead | string>, 'send' | 'signal'>,
): Promise<undefined> {
  let hasBegun = false;
  try {
    const result = await route(request, endpoints, call.signal);
    if (!isStream(result)) return await sendJson(call, 200, result);

    for await (const chunk of result) {
      if (!hasBegun) await call.send({ status: 200, headers: { 'content-type': 'text/event-stream' } });
      hasBegun = true;
      await call.send(event(chunk));
    }
    await call.send('data: [DONE]\n\n');
  } catch (error) {
    if (call.signal.aborted) throw error;
    const { code, message } = toFailure(error);
    if (code === 'internal') console.error(error);
    const status = STATUS[code] ?? 503;
    const type = status < 500 ? 'invalid_request_error' : 'server_error';
    const param = error instanceof FieldError ? error.param : null;
    const body = { error: { message, type, param, code } };
    // The status has gone out already: a failure on the way is an event as well
    if (hasBegun) await call.send(event(body));
    // OpenAI's SDK would try most of these again, and ask the user as often
    else await sendJson(call, status, body, { 'x-should-retry': String(status === 429) });
  }
}

async function route(
  { method, url, body }: HttpRequest,
  endpoints: Endpoints,
  signal: AbortSignal,
): Promise<Answer> {
  const [, endpoint, id] = PATH.exec(new URL(url).pathname) ?? [];
  if (method === 'POST' && endpoint === 'chat/completions' && !id)
    return endpoints.chat(parseJson(body), signal);
  if (method === 'POST' && endpoint === 'completions' && !id)
    return endpoints.complete(parseJson(body), signal);
  if (method === 'POST' && endpoint === 'embeddings' && !id)
    return endpoints.embeddings(parseJson(body), signal);
  if (method === 'GET' && endpoint === 'models') {
    const list = await endpoints.models(signal);
    if (!id) return list;
    const model = list.data.find((one) => one.id === decodeURIComponent(id));
    if (model) return model;
    throw new HearthError('not-found', 'There is no model of that name for this site.');
  }
  throw new HearthError(
    'unknown-call',
    `hearth.fetch serves POST …/v1/chat/completions, POST …/v1/completions, POST …/v1/embeddings and GET …/v1/models on this machine, and never goes to the network: ${method} ${url} is none of them.`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new HearthError('bad-input', 'The body is not JSON.', { cause });
  }
}

async function sendJson(
  call: Pick<OpenCall<HttpHead | string>, 'send'>,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): Promise<undefined> {
  await call.send({ status, headers: { 'content-type': 'application/json', ...headers } });
  await call.send(JSON.stringify(body));
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
