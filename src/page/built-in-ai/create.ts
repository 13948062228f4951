import type { BuiltInApi } from '../../protocol/built-in-ai.ts';
import { type BrowsersOwn, isForBrowser } from './browsers-own.ts';
import { checkAllowed, checkDocument } from './context.ts';
import { type CreateMonitor, monitored } from './create-monitor.ts';
import * as idl from './webidl.ts';

/** What the options of every `create` have beside those of its interface. */
export const CREATE_MEMBERS = {
  monitor: idl.callback as idl.Convert<(monitor: CreateMonitor) => unknown>,
  signal: idl.abortSignal,
};

interface CreateOptions {
  monitor?: ((monitor: CreateMonitor) => unknown) | undefined;
  signal?: AbortSignal | undefined;
}

/** How a call makes a session: what tells of its download, and what ends it. */
export interface Creating {
  isActive: boolean;
  signal: AbortSignal | undefined;
  onPart(part: number): void;
}

/**
 * "Create an AI model object": https://webmachinelearning.github.io/writing-assistance-apis/#supporting-creation
 * @param given the options as the author passed them, for the browser's own
 */
export async function createFor<T extends object>(
  api: BuiltInApi,
  own: BrowsersOwn | undefined,
  given: unknown,
  { monitor, signal }: CreateOptions,
  make: (creating: Creating) => Promise<T>,
): Promise<object> {
  checkDocument();
  checkAllowed(api);
  signal?.throwIfAborted();
  // Asked now: what follows takes time
  const isActive = navigator.userActivation?.hasBeenActive ?? true;
  if (own && (await isForBrowser(own, given, isActive, signal))) return own.create(given);
  return make({ isActive, signal, onPart: monitored(monitor, signal) });
}

/** What ends a session: its author's signal, and `destroy`. */
export class Life {
  readonly #end = new AbortController();

  constructor(signal: AbortSignal | undefined) {
    if (signal?.aborted) this.#end.abort(signal.reason);
    signal?.addEventListener('abort', () => this.#end.abort(signal.reason));
  }

  destroy(): void {
    this.#end.abort(new DOMException('The session was destroyed.', 'AbortError'));
  }

  /** For one call. Throws if it has ended already, or its document has gone. */
  signal(own: AbortSignal | undefined): AbortSignal {
    checkDocument();
    const signal = own ? AbortSignal.any([own, this.#end.signal]) : this.#end.signal;
    signal.throwIfAborted();
    return signal;
  }
}
