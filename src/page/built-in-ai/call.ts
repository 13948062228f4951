import type { CallOptions, Stream } from '../../channel/connect.ts';
import type { BuiltInCalls, Outcome, Refusal } from '../../protocol/built-in-ai.ts';
import { engine } from '../engine.ts';

type Value<K extends keyof BuiltInCalls> =
  BuiltInCalls[K]['output'] extends Outcome<infer T> ? T : BuiltInCalls[K]['output'];

/** A call whose refusals are exceptions of this realm. An abort rejects with the signal's reason. */
export async function call<K extends keyof BuiltInCalls>(
  name: K,
  input: BuiltInCalls[K]['input'],
  options: CallOptions & { onPart?(part: BuiltInCalls[K]['part']): void } = {},
): Promise<Value<K>> {
  try {
    const client = await engine();
    return resultOf<K>(await client.call(name, input as never, options as never));
  } catch (error) {
    throw exceptionOf(error, options.signal);
  }
}

/** The same for a call with parts: it gives them, and its value at the end. */
export async function* stream<K extends 'prompt' | 'runTask'>(
  name: K,
  input: BuiltInCalls[K]['input'],
  signal: AbortSignal,
): AsyncGenerator<BuiltInCalls[K]['part'], Value<K>, undefined> {
  try {
    const parts = (await engine()).stream(name, input as never, { signal }) as unknown as Stream<
      BuiltInCalls[K]['part'],
      BuiltInCalls[K]['output']
    >;
    yield* parts;
    return resultOf<K>(await parts.output);
  } catch (error) {
    throw exceptionOf(error, signal);
  }
}

class Refused {
  constructor(readonly refusal: Refusal) {}
}

function resultOf<K extends keyof BuiltInCalls>(output: BuiltInCalls[K]['output']): Value<K> {
  if (typeof output === 'string') return output as Value<K>;
  if (output.ok) return output.value as Value<K>;
  throw new Refused(output.refusal);
}

function exceptionOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(error instanceof Refused)) return new DOMException((error as Error).message, 'OperationError');
  const { name, message, ...quota } = error.refusal;
  if (name === 'TypeError') return new TypeError(message);
  if (name === 'RangeError') return new RangeError(message);
  if (name === 'QuotaExceededError' && 'QuotaExceededError' in window)
    return new (window.QuotaExceededError as new (message: string, quota: object) => DOMException)(
      message,
      quota,
    );
  return Object.assign(new DOMException(message, name), quota);
}
