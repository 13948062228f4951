import type { EmbedProgress } from '../protocol/embed.ts';
import { HearthError } from '../protocol/errors.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import { engine } from './engine.ts';
import { pipeline } from './pipeline.ts';
import { hearthFetch } from './fetch.ts';
import type { Hearth } from './hearth.d.ts';

export function makeHearth(): Hearth {
  const hearth = {
    get ready() {
      return engine().then(() => {});
    },
    request: async (options: PageCalls['request']['input'] = {}) => (await engine()).call('request', options),
    models: { list: async () => (await engine()).call('models', undefined) },
    chat: { completions: { create: creator('chat') } },
    completions: { create: creator('complete') },
    async embed(request: EmbedRequest, options?: { signal?: AbortSignal }) {
      const { signal, input } = split(request, options);
      const { onProgress, ...rest } = input;
      return (await engine()).call('embed', rest, { signal, onPart: (part) => onProgress?.(part) });
    },
    pipeline,
    mesh: { status: async () => (await engine()).call('meshStatus', undefined) },
    fetch: hearthFetch,
  };
  // The published types say more of what comes back than is needed to pass it on
  return hearth as unknown as Hearth;
}

type Options = { signal?: AbortSignal };
type EmbedRequest = Options & { onProgress?(progress: EmbedProgress): void };

/** The signal, which cannot be sent and acts on this side. As in OpenAI's SDK it may stand in a second argument. */
function split<Request extends Options>(request: Request, options?: Options) {
  const { signal = options?.signal, ...input } = request ?? {};
  if (signal && !(signal instanceof AbortSignal))
    throw new HearthError('bad-input', '`signal` must be an AbortSignal.');
  return { signal, input };
}

/** The `create` of one endpoint. */
function creator(name: 'chat' | 'complete') {
  return async (request: Options & { stream?: unknown }, options?: Options) => {
    const { signal, input } = split(request, options);
    const client = await engine();
    if (!input.stream) return client.call(name, input, { signal });

    const chunks = client.stream(name, input, { signal })[Symbol.asyncIterator]();
    // What fails before the answer has begun fails the call, not its first chunk
    const first = await chunks.next();
    return resume(first, chunks);
  };
}

async function* resume<T>(
  first: IteratorResult<T>,
  rest: AsyncIterator<T>,
): AsyncGenerator<T, void, undefined> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    // Leaving early frees the slot; after the end it does nothing
    await rest.return?.();
  }
}
