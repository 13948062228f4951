import {
  type Availability,
  CONTENT_TYPES,
  type LanguageModelOptions,
  type LanguageModelSession,
  SAMPLING_MODES,
  SAMPLING_PARAMS,
  type Turn,
} from '../../protocol/built-in-ai.ts';
import { deferred } from '../../channel/deferred.ts';
import { MAX_TOOL_ROUNDS } from '../../protocol/limits.ts';
import { type BrowsersOwn, isForBrowser } from './browsers-own.ts';
import { call, stream } from './call.ts';
import { checkDocument, isAllowed } from './context.ts';
import { CREATE_MEMBERS, createFor, Life } from './create.ts';
import { checkKey, defineGetter, defineHandler, key, requireArguments } from './interface.ts';
import { constraintOf, messages, PromptOptions, prompt } from './prompt-input.ts';
import { orAborted, streamOf } from './streams.ts';
import { type Execute, type LanguageModelToolCall, toToolCall, tools } from './tools.ts';
import * as idl from './webidl.ts';

const expected = idl.sequence(
  idl.dictionary({ languages: idl.languageTags, type: idl.required(idl.oneOf(...CONTENT_TYPES)) }),
) as idl.Convert<NonNullable<LanguageModelOptions['expectedInputs']>>;

const CORE_MEMBERS = {
  expectedInputs: expected,
  expectedOutputs: expected,
  samplingMode: idl.oneOf(...SAMPLING_MODES),
  temperature: idl.double,
  tools,
  topK: idl.double,
};
const CoreOptions = idl.dictionary(CORE_MEMBERS);
const CreateOptions = idl.dictionary({
  ...CORE_MEMBERS,
  ...CREATE_MEMBERS,
  initialPrompts: idl.withDefault(messages, []),
});
const SignalOptions = idl.dictionary({ signal: idl.abortSignal });

type Functions = ReadonlyMap<string, Execute>;
type Piece = string | { type: 'tool-call'; value: LanguageModelToolCall };

/** What is known of a session when it is made, by `create` or `clone`. */
interface Beginning {
  session: LanguageModelSession;
  history: Turn[];
  contextUsage: number;
  functions: Functions;
  life: Life;
}

/** https://webmachinelearning.github.io/prompt-api/#the-languagemodel-class */
export function makeLanguageModel(own: BrowsersOwn | undefined): typeof EventTarget {
  class LanguageModel extends EventTarget {
    readonly #session: LanguageModelSession;
    readonly #functions: Functions;
    readonly #life: Life;
    #history: Turn[];
    #contextUsage: number;
    /** Prompts of one session wait for each other: each answers to all before it. */
    #last: Promise<unknown> = Promise.resolve();

    constructor(given: unknown = undefined, beginning?: Beginning) {
      super();
      checkKey(given);
      const { session, history, contextUsage, functions, life } = beginning!;
      this.#session = session;
      this.#history = history;
      this.#contextUsage = contextUsage;
      this.#functions = functions;
      this.#life = life;
    }

    static async create(options: unknown = undefined): Promise<object> {
      const { initialPrompts, monitor, signal, ...core } = CreateOptions(options, 'options');
      const { plain, functions } = toOptions(core);
      return createFor('language-model', own, options, { monitor, signal }, async (creating) => {
        const session = await call(
          'createLanguageModel',
          { options: plain, initialPrompts, isActive: creating.isActive },
          creating,
        );
        const { contextUsage } = session;
        const life = new Life(signal);
        return new LanguageModel(key, { session, history: initialPrompts, contextUsage, functions, life });
      });
    }

    static async availability(options: unknown = undefined): Promise<Availability> {
      const { plain } = toOptions(CoreOptions(options, 'options'));
      checkDocument();
      if (!isAllowed('language-model')) return 'unavailable';
      if (await isForBrowser(own, options, false)) return own!.availability(options);
      return call('availability', { api: 'language-model', options: plain });
    }

    static async params(): Promise<object | null> {
      const availability = await LanguageModel.availability();
      return availability === 'unavailable' ? null : new LanguageModelParams(key);
    }

    // Of the browser's own sessions, which authors get where the user chose them
    static [Symbol.hasInstance](value: unknown): boolean {
      const isOurs = Function.prototype[Symbol.hasInstance].call(LanguageModel, value);
      return isOurs || (own !== undefined && value instanceof (own as unknown as typeof EventTarget));
    }

    async prompt(input: unknown, options: unknown = undefined): Promise<string | object[]> {
      let text = '';
      const calls: object[] = [];
      for await (const piece of this.#answer(input, options).pieces) {
        if (typeof piece === 'string') text += piece;
        else calls.push(piece);
      }
      if (calls.length === 0) return text;
      return text ? [{ type: 'text', value: text }, ...calls] : calls;
    }

    promptStreaming(input: unknown, options: unknown = undefined): ReadableStream<Piece> {
      const { pieces, signal } = this.#answer(input, options);
      return streamOf(pieces, signal);
    }

    async append(input: unknown, options: unknown = undefined): Promise<void> {
      const turns = prompt(input, 'The input');
      const signal = this.#life.signal(SignalOptions(options, 'options').signal);
      if (turns.length === 0) return;
      await this.#inTurn(signal, async () => {
        const { contextUsage, dropped } = await call('append', this.#input(turns), { signal });
        if (dropped > 0) this.#overflow();
        this.#keep(turns, contextUsage, dropped);
      });
    }

    async measureContextUsage(input: unknown, options: unknown = undefined): Promise<number> {
      const turns = prompt(input, 'The input');
      const { signal: given, ...rest } = PromptOptions(options, 'options');
      const constraint = constraintOf(rest);
      const signal = this.#life.signal(given);
      return call('measurePrompt', { ...this.#input(turns), history: [], ...constraint }, { signal });
    }

    async measureInputUsage(input: unknown, options: unknown = undefined): Promise<number> {
      return this.measureContextUsage(input, options);
    }

    async clone(options: unknown = undefined): Promise<LanguageModel> {
      const signal = this.#life.signal(SignalOptions(options, 'options').signal);
      // What is being said belongs to what is cloned
      await orAborted(this.#last, signal);
      return new LanguageModel(key, {
        session: this.#session,
        history: this.#history,
        contextUsage: this.#contextUsage,
        functions: this.#functions,
        life: new Life(undefined),
      });
    }

    destroy(): void {
      this.#life.destroy();
    }

    get contextUsage(): number {
      return this.#contextUsage;
    }
    get contextWindow(): number {
      return this.#session.contextWindow;
    }
    get inputUsage(): number {
      return this.#contextUsage;
    }
    get inputQuota(): number {
      return this.#session.contextWindow;
    }
    get topK(): number {
      return this.#session.options.topK;
    }
    get temperature(): number {
      return Math.fround(this.#session.options.temperature);
    }
    get samplingMode(): string | null {
      return this.#session.options.samplingMode ?? null;
    }

    #input(turns: Turn[]) {
      return { session: this.#session, history: this.#history, contextUsage: this.#contextUsage, turns };
    }

    #answer(input: unknown, options: unknown) {
      const turns = prompt(input, 'The input');
      const { signal: given, ...rest } = PromptOptions(options, 'options');
      const constraint = constraintOf(rest);
      const signal = this.#life.signal(given);
      return { signal, pieces: this.#generate(turns.length > 0 ? turns : empty(), constraint, signal) };
    }

    async *#generate(
      turns: Turn[],
      constraint: ReturnType<typeof constraintOf>,
      signal: AbortSignal,
    ): AsyncGenerator<Piece, void, undefined> {
      const { wait, done } = this.#queue();
      try {
        await orAborted(wait, signal);
        for (let round = 0; ; round++) {
          const answer: Turn = { role: 'assistant', content: [] };
          const calls: LanguageModelToolCall[] = [];
          const parts = stream('prompt', { ...this.#input(turns), ...constraint }, signal);
          let next = await parts.next();
          try {
            for (; !next.done; next = await parts.next()) {
              const part = next.value;
              if (part.kind === 'overflow') this.#overflow();
              else if (part.kind === 'text') {
                answer.content.push({ type: 'text', value: part.text });
                yield part.text;
              } else {
                answer.content.push({ type: 'tool-call', value: part.call });
                const value = toToolCall(part.call);
                calls.push(value);
                if (!this.#session.options.runsTools) yield { type: 'tool-call', value };
              }
            }
          } finally {
            await parts.return(undefined as never);
          }
          const { contextUsage, dropped } = next.value;
          this.#keep(withAnswer(turns, answer), contextUsage, dropped);
          if (calls.length === 0 || !this.#session.options.runsTools) return;

          if (round === MAX_TOOL_ROUNDS)
            throw new DOMException('The model went on calling tools.', 'OperationError');
          turns = [await orAborted(runTools(calls, this.#functions), signal)];
        }
      } finally {
        done();
      }
    }

    async #inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
      const { wait, done } = this.#queue();
      try {
        await orAborted(wait, signal);
        await work();
      } finally {
        done();
      }
    }

    #queue(): { wait: Promise<unknown>; done: () => void } {
      const wait = this.#last;
      const { promise, resolve } = deferred<void>();
      this.#last = wait.then(() => promise);
      return { wait, done: resolve };
    }

    #keep(turns: Turn[], contextUsage: number, dropped: number): void {
      const system = this.#history[0]?.role === 'system' ? 1 : 0;
      const history = [...this.#history];
      history.splice(system, dropped);
      this.#history = history.concat(turns);
      this.#contextUsage = contextUsage;
    }

    #overflow(): void {
      for (const type of OVERFLOWS) this.dispatchEvent(new Event(type));
    }
  }
  requireArguments(LanguageModel.prototype, 1, [
    'prompt',
    'promptStreaming',
    'append',
    'measureContextUsage',
    'measureInputUsage',
  ]);
  for (const type of OVERFLOWS) defineHandler(LanguageModel, type);
  return LanguageModel;
}

/** By its name, and by the name that it had before. */
const OVERFLOWS = ['contextoverflow', 'quotaoverflow'];

export class LanguageModelParams {
  constructor(given: unknown = undefined) {
    checkKey(given);
  }
}
for (const [name, value] of Object.entries(SAMPLING_PARAMS))
  defineGetter(LanguageModelParams, name, () => value);

type Core = ReturnType<typeof CoreOptions>;

/** What is sent, and the functions that stay here. */
function toOptions({ tools: given, ...rest }: Partial<Core>): {
  plain: LanguageModelOptions;
  functions: Functions;
} {
  const functions = given?.functions ?? new Map();
  const plain = { ...rest } as LanguageModelOptions;
  if (given) {
    plain.tools = given.declarations;
    plain.runsTools = functions.size > 0 && functions.size === given.declarations.length;
  }
  return { plain, functions };
}

/** An answer that went on from a prefix is one turn with it. */
function withAnswer(turns: Turn[], answer: Turn): Turn[] {
  const last = turns.at(-1);
  if (!last?.prefix) return [...turns, answer];
  return [...turns.slice(0, -1), { ...answer, content: [...last.content, ...answer.content] }];
}

function empty(): Turn[] {
  return [{ role: 'user', content: [{ type: 'text', value: '' }] }];
}

/** All at once. What a tool throws is told to the model. */
async function runTools(calls: LanguageModelToolCall[], functions: Functions): Promise<Turn> {
  const content = calls.map(async ({ callID, name, arguments: given }) => {
    try {
      const result = JSON.stringify(`${await functions.get(name)!(given)}`);
      return { type: 'tool-response', value: { callID, name, result } } as const;
    } catch (error) {
      return { type: 'tool-response', value: { callID, name, errorMessage: `${error}` } } as const;
    }
  });
  return { role: 'user', content: await Promise.all(content) };
}
