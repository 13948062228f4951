import { type ErrorCode, HearthError, toFailure } from '../protocol/errors.ts';
import type { Hearth } from './hearth.d.ts';

type Endpoints = Pick<Hearth, 'models'> & {
  chat: { completions: { create(body: unknown, options: unknown): Promise<object> } };
  completions: { create(body: unknown, options: unknown): Promise<object> };
};

/** 4xx where the request is at fault, 429 where waiting helps, 5xx where the machine is. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-input': 400,
  'too-long': 400,
  'not-allowed': 403,
  'not-found': 404,
  'unknown-call': 404,
  busy: 429,
  internal: 500,
};

/** A `fetch` that serves OpenAI's endpoints from this machine and nothing else: it never goes to the network. */
export function makeFetch({ models, chat, completions }: Endpoints): Hearth['fetch'] {
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const request = new Request(input, init);
    const [, endpoint = '', id] =
      /\/v1\/(chat\/completions|completions|models)(?:\/([^/]+))?\/?$/.exec(new URL(request.url).pathname) ??
      [];
    const create = { 'chat/completions': chat.completions.create, completions: completions.create }[endpoint];

    try {
      if (request.method === 'POST' && create && !id)
        return answer(await create(await readBody(request), { signal }));
      if (request.method === 'GET' && endpoint === 'models') {
        const list = await models.list();
        if (!id) return json(list);
        const model = list.data.find((one) => one.id === decodeURIComponent(id));
        if (model) return json(model);
        throw new HearthError('not-found', `There is no model named ${JSON.stringify(id)} here.`);
      }
      throw new HearthError(
        'unknown-call',
        `hearth.fetch serves POST …/v1/chat/completions, POST …/v1/completions and GET …/v1/models on this machine, not ${request.method} ${request.url}.`,
      );
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const body = errorBody(error);
      const status = STATUS[body.error.code] ?? 503;
      // OpenAI's SDK would try most of these again, and ask the user as often
      return json(body, status, { 'x-should-retry': String(status === 429) });
    }
  };
}

async function readBody(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new HearthError('bad-input', 'The body is not JSON.', { cause });
  }
}

function answer(result: object): Response {
  return Symbol.asyncIterator in result ? eventStream(result as AsyncGenerator<object>) : json(result);
}

function json(body: object, status = 200, headers: HeadersInit = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Server-sent events, one for each chunk; a failure on the way is an event as well, since the status has gone out. */
function eventStream(chunks: AsyncGenerator<object>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const send = (data: string) => controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      try {
        const { done, value } = await chunks.next();
        send(done ? '[DONE]' : JSON.stringify(value));
        if (done) controller.close();
      } catch (error) {
        if (!(error instanceof HearthError)) return controller.error(error);
        send(JSON.stringify(errorBody(error)));
        controller.close();
      }
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

function errorBody(error: unknown) {
  const { code, message } = toFailure(error);
  const type = (STATUS[code] ?? 503) < 500 ? 'invalid_request_error' : 'server_error';
  const param = (error as { param?: string }).param ?? null;
  return { error: { message, type, param, code } };
}
