import { type Failure, HearthError, toFailure } from '../protocol/errors.ts';
import type { CallOf, Contract } from '../protocol/frames.ts';
import { CALLS_PER_WIRE, PARTS_IN_FLIGHT } from '../protocol/limits.ts';
import { deferred } from './deferred.ts';
import { hasId, isFrame } from './is-frame.ts';
import type { Wire } from './wire.ts';

/** A table keyed by the contract: a missing call does not compile. */
export type Handlers<C extends Contract> = { [K in keyof C]: Handler<CallOf<C, K>> };

export interface Handler<Entry extends { input: unknown; part: unknown; output: unknown }> {
  /** Makes a new object of what a stranger sent, or throws `bad-input`. After that it is trusted. */
  parse(input: unknown): Entry['input'];
  run(input: Entry['input'], call: OpenCall<Entry['part']>): Entry['output'] | Promise<Entry['output']>;
}

/** A call as its handler sees it. */
export interface OpenCall<Part> {
  /** Aborted when the caller cancels or has gone. */
  readonly signal: AbortSignal;
  /**
   * Sends at once; resolves when fewer than PARTS_IN_FLIGHT parts are unread, so that one who waits for it is
   * slowed by a slow reader. Rejects with `cancelled` or `gone` once nobody reads any more.
   */
  send(part: Part, transfer?: Transferable[]): Promise<void>;
}

export interface ServeOptions {
  /** Told of every error that is not the caller's: only its code crosses the wire. */
  report?(error: unknown): void;
}

/** Answers the calls that come over `wire` until it closes; then the signals of all open calls abort. */
export function serve<C extends Contract>(
  wire: Wire,
  handlers: Handlers<C>,
  { report = console.error }: ServeOptions = {},
): void {
  const table = handlers as Record<string, Handler<{ input: unknown; part: unknown; output: unknown }>>;
  const open = new Map<number, ServedCall>();

  wire.listen((message) => {
    if (!isFrame(message)) {
      if (hasId(message)) fail(message.id, 'bad-input', 'This message is no frame that Hearth knows.');
      return;
    }
    // Frames about a call that has just ended are ordinary: the two sides end it at different times
    if (message.kind === 'read') open.get(message.id)?.read();
    else if (message.kind === 'cancel')
      open.get(message.id)?.end(new HearthError('cancelled', 'The call was cancelled.'));
    else if (message.kind === 'call') void begin(message.id, message.name, message.input);
  });
  void wire.closed.then((why) => {
    for (const call of open.values()) call.end(why);
  });

  async function begin(id: number, name: string, input: unknown): Promise<void> {
    if (open.has(id)) return fail(id, 'bad-input', `Call ${id} is still open: a new call needs a new id.`);
    if (open.size >= CALLS_PER_WIRE)
      return fail(id, 'busy', `${CALLS_PER_WIRE} calls are open already: wait until one has ended.`);
    // `hasOwn`, so that a caller cannot ask for `constructor`
    if (!Object.hasOwn(table, name))
      return fail(id, 'unknown-call', `There is no call named ${JSON.stringify(name.slice(0, 40))}.`);

    const call = new ServedCall((part, transfer) => wire.post({ kind: 'part', id, part }, transfer));
    open.set(id, call);
    try {
      const { parse, run } = table[name]!;
      const output = await run(parse(input), call);
      wire.post({ kind: 'done', id, output });
    } catch (error) {
      const failure = toFailure(error);
      if (failure.code === 'internal') report(error);
      fail(id, failure.code, failure.message);
    } finally {
      open.delete(id);
    }
  }

  function fail(id: number, code: Failure['code'], message: string): void {
    wire.post({ kind: 'fail', id, code, message });
  }
}

class ServedCall implements OpenCall<unknown> {
  readonly #controller = new AbortController();
  #unread = 0;
  #room = deferred<void>();

  constructor(private readonly post: (part: unknown, transfer?: Transferable[]) => void) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  // An arrow, so that handlers can hand it on by itself
  readonly send = (part: unknown, transfer?: Transferable[]): Promise<void> => {
    if (this.signal.aborted) return handled(Promise.reject(this.signal.reason));
    this.post(part, transfer);
    this.#unread++;
    return this.#unread < PARTS_IN_FLIGHT ? Promise.resolve() : this.#room.promise;
  };

  read(): void {
    // A caller who reads more than was sent gains nothing
    this.#unread = Math.max(0, this.#unread - 1);
    if (this.#unread === PARTS_IN_FLIGHT - 1) {
      this.#room.resolve();
      this.#room = deferred<void>();
    }
  }

  end(why: HearthError): void {
    handled(this.#room.promise);
    this.#room.reject(why);
    this.#controller.abort(why);
  }
}

/** Keeps quiet when nobody waits: a handler may send without looking back. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
