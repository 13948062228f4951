/**
 * A stream of what a generator gives, which ends with `signal` at once. As the specifications have it, it is filled
 * however slowly it is read: another prompt of the session does not wait for a reader.
 */
export function streamOf<T>(
  begin: (signal: AbortSignal) => AsyncGenerator<T, unknown, undefined>,
  signal: AbortSignal,
): ReadableStream<T> {
  const cancelled = new AbortController();
  return new ReadableStream({
    start(controller) {
      signal.addEventListener('abort', () => controller.error(signal.reason));
      void fill(controller);
    },
    cancel: (reason) => cancelled.abort(reason),
  });

  async function fill(controller: ReadableStreamDefaultController<T>): Promise<void> {
    const ended = AbortSignal.any([signal, cancelled.signal]);
    try {
      for await (const piece of begin(ended)) if (!ended.aborted) controller.enqueue(piece);
      if (!ended.aborted) controller.close();
    } catch (error) {
      if (!ended.aborted) controller.error(error);
    }
  }
}

/** The promise, or the signal's reason if that comes first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
