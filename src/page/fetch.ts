import type { HttpHead } from '../protocol/page-calls.ts';
import { engine } from './engine.ts';
import type { Hearth } from './hearth.d.ts';

/** A `fetch` that is answered on this machine; what it serves is known at the far end. */
export const hearthFetch: Hearth['fetch'] = async (input, init) => {
  const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
  const request = new Request(input, init);
  const { method, url } = request;
  const isForm = request.headers.get('content-type')?.startsWith('multipart/form-data');
  // A form that is damaged has no parts: what it lacks is said at the far end
  const body = isForm ? [...(await request.formData().catch(() => []))] : await request.text();
  const isAnthropic = request.headers.has('anthropic-version');
  const parts = (await engine())
    .stream('fetch', { method, url, body, isAnthropic }, { signal })
    [Symbol.asyncIterator]();

  const head = (await parts.next()).value as HttpHead;
  const encoder = new TextEncoder();
  const text = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value as string));
    },
    async cancel() {
      await parts.return?.();
    },
  });
  return new Response(text, head);
};
