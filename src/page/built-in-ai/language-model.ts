import type { Availability, Turn } from '../../protocol/built-in-ai.ts';
import { type BrowsersOwn, isForBrowser } from './browsers-own.ts';
import { call } from './call.ts';
import { checkDocument, isAllowed } from './context.ts';
import { Conversation, type Piece, type Said } from './conversation.ts';
import { createFor, Life } from './create.ts';
import { checkKey, defineHandler, key, requireArguments } from './interface.ts';
import { CoreOptions, CreateOptions, toOptions } from './language-model-options.ts';
import { LanguageModelParams } from './language-model-params.ts';
import { constraintOf, PromptOptions, prompt } from './prompt-input.ts';
import { streamOf } from './streams.ts';
import * as idl from './webidl.ts';

const SignalOptions = idl.dictionary({ signal: idl.abortSignal });

/** By its name, and by the name that it had before. */
const OVERFLOWS = ['contextoverflow', 'quotaoverflow'];

/** https://webmachinelearning.github.io/prompt-api/#the-languagemodel-class */
export function makeLanguageModel(own: BrowsersOwn | undefined): typeof EventTarget {
  class LanguageModel extends EventTarget {
    readonly #conversation: Conversation;
    readonly #life: Life;

    constructor(given: unknown = undefined, said?: Said, life?: Life) {
      super();
      checkKey(given);
      this.#life = life!;
      this.#conversation = new Conversation(said!, () => {
        for (const type of OVERFLOWS) this.dispatchEvent(new Event(type));
      });
    }

    static async create(options: unknown = undefined): Promise<object> {
      const { initialPrompts, monitor, signal, ...core } = CreateOptions(options, 'options');
      const { plain, functions } = toOptions(core);
      return createFor('language-model', own, options, { monitor, signal }, async (creating) => {
        const { isActive } = creating;
        const input = { options: plain, initialPrompts, isActive };
        const session = await call('createLanguageModel', input, creating);
        const { contextUsage } = session;
        const said = { session, functions, history: initialPrompts, contextUsage };
        return new LanguageModel(key, said, new Life(signal));
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
      const { answer, signal } = this.#answer(input, options);
      for await (const piece of answer(signal)) {
        if (typeof piece === 'string') text += piece;
        else calls.push(piece);
      }
      if (calls.length === 0) return text;
      return text ? [{ type: 'text', value: text }, ...calls] : calls;
    }

    promptStreaming(input: unknown, options: unknown = undefined): ReadableStream<Piece> {
      const { answer, signal } = this.#answer(input, options);
      return streamOf(answer, signal);
    }

    async append(input: unknown, options: unknown = undefined): Promise<void> {
      const turns = prompt(input, 'The input');
      const signal = this.#life.signal(SignalOptions(options, 'options').signal);
      if (turns.length > 0) await this.#conversation.append(turns, signal);
    }

    async measureContextUsage(input: unknown, options: unknown = undefined): Promise<number> {
      const { turns, constraint, signal } = this.#read(input, options);
      return this.#conversation.measure(turns, constraint, signal);
    }

    async measureInputUsage(input: unknown, options: unknown = undefined): Promise<number> {
      const { turns, constraint, signal } = this.#read(input, options);
      return this.#conversation.measure(turns, constraint, signal);
    }

    async clone(options: unknown = undefined): Promise<LanguageModel> {
      const signal = this.#life.signal(SignalOptions(options, 'options').signal);
      return new LanguageModel(key, await this.#conversation.copy(signal), new Life(undefined));
    }

    destroy(): void {
      this.#life.destroy();
    }

    get contextUsage(): number {
      return this.#conversation.contextUsage;
    }
    get contextWindow(): number {
      return this.#conversation.session.contextWindow;
    }
    get inputUsage(): number {
      return this.#conversation.contextUsage;
    }
    get inputQuota(): number {
      return this.#conversation.session.contextWindow;
    }
    get topK(): number {
      return this.#conversation.session.options.topK;
    }
    get temperature(): number {
      return Math.fround(this.#conversation.session.options.temperature);
    }
    get samplingMode(): string | null {
      return this.#conversation.session.options.samplingMode ?? null;
    }

    #read(input: unknown, options: unknown) {
      const turns = prompt(input, 'The input');
      const { signal, ...rest } = PromptOptions(options, 'options');
      return { turns, constraint: constraintOf(rest), signal: this.#life.signal(signal) };
    }

    #answer(input: unknown, options: unknown) {
      const { turns, constraint, signal } = this.#read(input, options);
      const said = turns.length > 0 ? turns : EMPTY;
      return { signal, answer: (signal: AbortSignal) => this.#conversation.answer(said, constraint, signal) };
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

/** No messages are one of nothing. */
const EMPTY: Turn[] = [{ role: 'user', content: [{ type: 'text', value: '' }] }];
