import type { Availability, TaskOptions, TaskSession } from '../../protocol/built-in-ai.ts';
import { type BrowsersOwn, isForBrowser } from './browsers-own.ts';
import { call, stream } from './call.ts';
import { checkDocument, isAllowed } from './context.ts';
import { CREATE_MEMBERS, createFor, Life } from './create.ts';
import { checkKey, defineGetter, key, requireArguments } from './interface.ts';
import { streamOf } from './streams.ts';
import type { TaskInterface } from './tasks.ts';
import * as idl from './webidl.ts';

interface State {
  session: TaskSession;
  life: Life;
}

export function makeTask(task: TaskInterface, own: BrowsersOwn | undefined): abstract new () => object {
  const { api, method, core, hasContext } = task;
  const CoreOptions = idl.dictionary(core);
  const CreateOptions = idl.dictionary({
    ...core,
    ...CREATE_MEMBERS,
    ...(hasContext ? { sharedContext: idl.string } : {}),
  });
  const CallOptions = idl.dictionary({
    signal: idl.abortSignal,
    ...(hasContext ? { context: idl.string } : {}),
  });
  let stateOf: (self: object) => State;

  class Task {
    readonly #state: State;

    constructor(given: unknown = undefined, state?: State) {
      checkKey(given);
      this.#state = state!;
    }

    static async create(options: unknown = undefined): Promise<object> {
      const { monitor, signal, ...plain } = CreateOptions(options, 'options') as ReturnType<
        typeof CreateOptions
      > & { signal?: AbortSignal };
      return createFor(api, own, options, { monitor: monitor as never, signal }, async (creating) => {
        const session = await call(
          'createTask',
          { api, options: plain as TaskOptions, isActive: creating.isActive },
          creating,
        );
        for (const value of Object.values(session.options)) Object.freeze(value);
        return new Task(key, { session, life: new Life(signal) });
      });
    }

    static async availability(options: unknown = undefined): Promise<Availability> {
      const plain = CoreOptions(options, 'options') as TaskOptions;
      checkDocument();
      if (!isAllowed(api)) return 'unavailable';
      if (await isForBrowser(own, options, false)) return own!.availability(options);
      return call('availability', { api, options: plain } as never);
    }

    static [Symbol.hasInstance](value: unknown): boolean {
      const isOurs = Function.prototype[Symbol.hasInstance].call(Task, value);
      return isOurs || (own !== undefined && value instanceof (own as never));
    }

    destroy(): void {
      this.#state.life.destroy();
    }

    static {
      stateOf = (self) => (self as Task).#state;
    }
  }

  /** A call's input, as it is sent, and what ends it. */
  function begin(self: Task, input: unknown, options: unknown) {
    const { session, life } = stateOf(self);
    const { signal, context = '' } = CallOptions(options, 'options') as {
      signal?: AbortSignal;
      context?: string;
    };
    return {
      task: { api, session, input: idl.string(input, 'input'), context },
      signal: life.signal(signal),
    };
  }

  const methods = {
    async [method](this: Task, input: unknown, options: unknown = undefined) {
      const { task, signal } = begin(this, input, options);
      let text = '';
      const parts = stream('runTask', task, signal);
      let next = await parts.next();
      for (; !next.done; next = await parts.next()) text += next.value;
      return next.value ?? text;
    },
    [`${method}Streaming`](this: Task, input: unknown, options: unknown = undefined) {
      const { task, signal } = begin(this, input, options);
      return streamOf((signal) => stream('runTask', task, signal), signal);
    },
    async measureInputUsage(this: Task, input: unknown, options: unknown = undefined) {
      const { task, signal } = begin(this, input, options);
      return call('measureTask', task, { signal });
    },
  };
  const wanted = [
    method,
    ...(task.isText ? [`${method}Streaming`] : []),
    ...(task.isMeasured ? ['measureInputUsage'] : []),
  ];
  for (const name of wanted)
    Object.defineProperty(Task.prototype, name, Object.getOwnPropertyDescriptor(methods, name)!);
  for (const name of Object.keys(core))
    defineGetter(Task, name, (self) => stateOf(self).session.options[name] ?? null);
  if (hasContext)
    defineGetter(Task, 'sharedContext', (self) => stateOf(self).session.options.sharedContext ?? '');
  if (task.isMeasured) defineGetter(Task, 'inputQuota', (self) => stateOf(self).session.contextWindow);
  requireArguments(Task.prototype, 1, wanted);
  if (task.needsOptions) requireArguments(Task, 1, ['create', 'availability']);
  return Task;
}
