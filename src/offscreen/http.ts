import type { OpenCall } from '../channel/serve.ts';
import { type ErrorCode, type Failure, HearthError, toFailure } from '../protocol/errors.ts';
import type { HttpHead, HttpRequest } from '../protocol/page-calls.ts';
import { anthropicWire } from './anthropic/wire.ts';
import { FieldError } from './openai/fields.ts';
import { openAIWire, responsesWire } from './openai/wire.ts';

/** An answer in one piece, or its chunks. */
export type Answer = object | AsyncIterable<object>;

/** An answer that is no JSON. */
export class TextAnswer {
  constructor(
    readonly text: string,
    readonly type: string,
  ) {}
}

export function isStream(answer: Answer): answer is AsyncIterable<object> {
  return Symbol.asyncIterator in answer;
}

/** How an API writes what goes over HTTP. */
export interface ApiWire {
  /** One chunk of a stream, as a server-sent event. */
  event(chunk: object): string;
  /** What ends a stream that went well. */
  end: string;
  /** Of a status and a failure, the body; and as an event, where a stream has begun. `chunks` have gone out before it. */
  failure(status: number, failure: FieldFailure): object;
  failureEvent(status: number, failure: FieldFailure, chunks: number): object;
}

/** A failure, and the field that it names. */
export interface FieldFailure extends Failure {
  param: string | null;
}

/** What is asked of an endpoint. */
export interface EndpointCall {
  /** Of a path with an id. */
  id: string;
  body: unknown;
  signal: AbortSignal;
}

/** An endpoint by its method and path; `:id` is any one name. */
export type Endpoints = Record<string, (call: EndpointCall) => Answer | Promise<Answer>>;

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

/** Answers one request as the servers of its API do: JSON or server-sent events, status codes and error objects. */
export async function respond(
  request: HttpRequest,
  endpoints: Endpoints,
  call: Pick<OpenCall<HttpHead | string>, 'send' | 'signal'>,
): Promise<undefined> {
  const path = /\/v1(\/.*?)\/?$/.exec(new URL(request.url).pathname)?.[1] ?? '';
  const wire = wireOf(path, request);
  let chunks = 0;
  try {
    const result = await route(path, request, endpoints, call.signal);
    if (result instanceof TextAnswer) return await sendText(call, result);
    if (!isStream(result)) return await sendJson(call, 200, result);

    for await (const chunk of result) {
      if (chunks === 0) await call.send({ status: 200, headers: { 'content-type': 'text/event-stream' } });
      chunks++;
      await call.send(wire.event(chunk));
    }
    if (wire.end) await call.send(wire.end);
  } catch (error) {
    if (call.signal.aborted) throw error;
    const failure = { ...toFailure(error), param: error instanceof FieldError ? error.param : null };
    if (failure.code === 'internal') console.error(error);
    const status = STATUS[failure.code] ?? 503;
    // The status has gone out already: a failure on the way is an event as well
    if (chunks > 0) await call.send(wire.event(wire.failureEvent(status, failure, chunks)));
    // The SDKs would try most of these again, and ask the user as often
    else
      await sendJson(call, status, wire.failure(status, failure), {
        'x-should-retry': String(status === 429),
      });
  }
}

function wireOf(path: string, { isAnthropic }: HttpRequest): ApiWire {
  if (isAnthropic || /^\/messages(\/|$)/.test(path)) return anthropicWire;
  return path === '/responses' ? responsesWire : openAIWire;
}

async function route(
  path: string,
  { method, url, body }: HttpRequest,
  endpoints: Endpoints,
  signal: AbortSignal,
): Promise<Answer> {
  const [, folder, name] = /^(\/.*)\/([^/]+)$/.exec(path) ?? [];
  const exact = `${method} ${path}`;
  const withId = `${method} ${folder}/:id`;
  // `hasOwn`, so that a caller cannot ask for `constructor`
  const found = [exact, withId].find((key) => Object.hasOwn(endpoints, key));
  if (!found)
    throw new HearthError(
      'unknown-call',
      `hearth.fetch serves ${Object.keys(endpoints)
        .map((key) => key.replace(' ', ' …/v1'))
        .join(', ')} on this machine, and never goes to the network: ${method} ${url} is none of them.`,
    );
  return endpoints[found]!({
    id: found === exact ? '' : decodeName(name!),
    body: method === 'POST' ? parseBody(body) : undefined,
    signal,
  });
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new HearthError('bad-input', 'The address is not encoded as addresses are.', { cause });
  }
}

function parseBody(body: HttpRequest['body']): unknown {
  if (typeof body !== 'string') return formFields(body);
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new HearthError('bad-input', 'The body is not JSON.', { cause });
  }
}

/** Fields whose names end in brackets are lists. */
function formFields(parts: Exclude<HttpRequest['body'], string>): object {
  const all = new Map<string, unknown>();
  for (const [name, value] of parts) {
    const isList = name.endsWith('[]');
    const field = isList ? name.slice(0, -2) : name;
    all.set(field, isList ? [all.get(field) ?? [], value].flat() : value);
  }
  return Object.fromEntries(all);
}

async function sendText(
  call: Pick<OpenCall<HttpHead | string>, 'send'>,
  { text, type }: TextAnswer,
): Promise<undefined> {
  await call.send({ status: 200, headers: { 'content-type': `${type}; charset=utf-8` } });
  await call.send(text);
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
