import { fromFailure, HearthError } from '../protocol/errors.ts';
import type { CallOf, Contract } from '../protocol/frames.ts';
import { deferred } from './deferred.ts';
import { isFrame } from './is-frame.ts';
import type { Wire } from './wire.ts';

/** The caller's side of a contract. */
export interface Client<C extends Contract> {
  /** Rejects with a `HearthError`, or with the signal's reason. Parts go to `onPart`, or nowhere. */
  call<K extends keyof C & string>(
    name: K,
    input: CallOf<C, K>['input'],
    options?: CallOptions & { onPart?(part: CallOf<C, K>['part']): void },
  ): Promise<CallOf<C, K>['output']>;
  /** Starts at once; a reader who is slow slows the callee. */
  stream<K extends keyof C & string>(
    name: K,
    input: CallOf<C, K>['input'],
    options?: CallOptions,
  ): Stream<CallOf<C, K>['part'], CallOf<C, K>['output']>;
  close(): void;
  readonly closed: Promise<HearthError>;
}

export interface CallOptions {
  /** Aborting cancels the call: it rejects at once with the signal's reason. */
  signal?: AbortSignal;
  transfer?: Transferable[];
}

/** The parts as they come, once; leaving the loop early cancels the call. */
export interface Stream<Part, Output> extends AsyncIterable<Part> {
  /** Settles with the call. Nobody needs to wait for it. */
  readonly output: Promise<Output>;
}

interface OpenCall {
  take(part: unknown): void;
  succeed(output: unknown): void;
  fail(error: unknown): void;
}

/** Makes the contract callable over a wire that somebody serves. */
export function connect<C extends Contract>(wire: Wire): Client<C> {
  const open = new Map<number, OpenCall>();
  let lastId = 0;
  let end: HearthError | undefined;

  wire.listen((message) => {
    if (!isFrame(message)) return;
    const call = open.get(message.id);
    if (message.kind === 'part') call?.take(message.part);
    else if (message.kind === 'done') call?.succeed(message.output);
    else if (message.kind === 'fail')
      call?.fail(fromFailure({ code: message.code as HearthError['code'], message: message.message }));
  });
  void wire.closed.then((why) => {
    end = why;
    for (const call of open.values()) call.fail(why);
  });

  function start(
    name: string,
    input: unknown,
    { signal, transfer }: CallOptions,
    take: (part: unknown) => void,
  ) {
    const id = ++lastId;
    const { promise: output, resolve, reject } = deferred<unknown>();
    const settle = () => {
      open.delete(id);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const cancel = (why: unknown) => {
      if (!open.has(id)) return;
      fail(why);
      wire.post({ kind: 'cancel', id });
    };
    const abort = () => cancel(signal?.reason);
    const succeed = (value: unknown) => {
      settle();
      resolve(value);
    };

    if (end || signal?.aborted) reject(end ?? signal?.reason);
    else {
      open.set(id, { take, succeed, fail });
      signal?.addEventListener('abort', abort);
      try {
        wire.post({ kind: 'call', id, name, input }, transfer);
      } catch (cause) {
        fail(new HearthError('bad-input', 'This call holds something that cannot be sent.', { cause }));
      }
    }
    return { output, cancel, read: () => wire.post({ kind: 'read', id }) };
  }

  return {
    call(name, input, { onPart, ...options } = {}) {
      const call = start(name, input, options, (part) => {
        call.read();
        onPart?.(part as never);
      });
      return call.output as Promise<never>;
    },

    stream(name, input, options = {}) {
      const parts: unknown[] = [];
      let wake = () => {};
      const call = start(name, input, options, (part) => {
        parts.push(part);
        wake();
      });

      let isOver = false;
      let failure: { error: unknown } | undefined;
      const over = () => {
        isOver = true;
        wake();
      };
      call.output.then(over, (error) => {
        failure = { error };
        over();
      });

      const iterator: AsyncIterator<never> = {
        async next() {
          while (parts.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
          // What came before a failure is still good; after an abort nobody wants it
          if (options.signal?.aborted) throw options.signal.reason;
          if (parts.length > 0) {
            if (!isOver) call.read();
            return { done: false, value: parts.shift() as never };
          }
          if (!failure) return { done: true, value: undefined };
          const { error } = failure;
          failure = undefined;
          throw error;
        },
        async return() {
          parts.length = 0;
          call.cancel(new HearthError('cancelled', 'The call was cancelled.'));
          return { done: true, value: undefined };
        },
      };
      return { output: call.output as Promise<never>, [Symbol.asyncIterator]: () => iterator };
    },

    close: () => wire.close(),
    closed: wire.closed,
  };
}
