import type {
  BuiltInCalls,
  LanguageModelSession,
  PromptInput,
  PromptPart,
  SessionChange,
  Turn,
} from '../../protocol/built-in-ai.ts';
import type { GenerateInput } from '../../protocol/generate.ts';
import { beginAnswer, type GenerationDeps } from '../generation.ts';
import { completeOptions, isSupported } from './language-model-options.ts';
import type { Models } from './models.ts';
import { Refused } from './outcome.ts';
import { ToolCallParser } from './tools.ts';
import { checkTurns, toConversation } from './turns.ts';

/** Sessions of `LanguageModel`. They live in their pages: each call brings its session and what has been said in it. */
export class LanguageModels {
  constructor(
    private readonly deps: GenerationDeps,
    private readonly models: Models,
  ) {}

  async create(
    { options, initialPrompts, isActive }: BuiltInCalls['createLanguageModel']['input'],
    signal: AbortSignal,
    onProgress: (part: number) => void,
  ): Promise<LanguageModelSession> {
    const complete = completeOptions(options);
    checkTurns(initialPrompts, options, true);
    if (!isSupported(options))
      throw new Refused(
        'NotSupportedError',
        'Hearth does not support one of the expected types or languages.',
      );
    const { id, contextLength } = await this.models.open(isActive, signal, onProgress);
    const session = { model: id, options: complete, contextWindow: contextLength, contextUsage: 0 };
    const contextUsage = await this.#count(session, initialPrompts, signal);
    if (contextUsage > contextLength) throw tooLong(contextUsage, contextLength);
    return { ...session, contextUsage };
  }

  async prompt(
    input: PromptInput,
    signal: AbortSignal,
    send: (part: PromptPart) => Promise<void>,
  ): Promise<SessionChange> {
    const { session, constraint, describeConstraint } = input;
    const { history, dropped } = await this.#makeRoom(input, signal, send);
    const { tools = [], temperature, topK } = session.options;
    const described = describeConstraint ? constraint : undefined;
    const request: GenerateInput = {
      model: session.model,
      prompt: {
        kind: 'messages',
        ...toConversation([...history, ...input.turns], session.options, described),
      },
      maxTokens: undefined,
      sampling: {
        temperature,
        topK,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        frequencyPenalty: 0,
        presencePenalty: 0,
        seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
      },
      stop: [],
      ...(constraint ? { constraint } : {}),
    };
    const { stream } = await beginAnswer(this.deps, request, signal);
    const parser = new ToolCallParser(new Set(tools.map(({ name }) => name)), newCallId);
    const piecesOf = (text: string): PromptPart[] =>
      tools.length > 0 ? parser.push(text) : text ? [{ kind: 'text', text }] : [];
    for await (const { text } of stream) for (const piece of piecesOf(text)) await send(piece);
    for (const piece of parser.end()) await send(piece);
    const { promptTokens, completionTokens } = (await stream.output).usage;
    return { contextUsage: promptTokens + completionTokens, dropped };
  }

  async append(input: PromptInput, signal: AbortSignal): Promise<SessionChange> {
    const { contextUsage, dropped } = await this.#makeRoom(input, signal, async () => {});
    return { contextUsage, dropped };
  }

  /** The tokens that turns have by themselves, whatever was said before. */
  async measure({ session, turns, ...input }: PromptInput, signal: AbortSignal): Promise<number> {
    checkTurns(turns, session.options, true);
    return this.#count(session, turns, signal, input);
  }

  /** The history that there is room for beside the new turns. */
  async #makeRoom(
    input: PromptInput,
    signal: AbortSignal,
    send: (part: PromptPart) => Promise<void>,
  ): Promise<SessionChange & { history: Turn[] }> {
    const { session, history, turns } = input;
    const { contextWindow } = session;
    checkTurns(turns, session.options, history.length === 0);
    const requested = await this.#count(session, turns, signal, input);
    const contextUsage = input.contextUsage + requested;
    if (contextUsage <= contextWindow) return { history, contextUsage, dropped: 0 };

    const system = history[0]?.role === 'system' ? history.slice(0, 1) : [];
    const rest = history.slice(system.length);
    const starts = [0, ...rest.keys(), rest.length].filter((at) => at === 0 || opens(rest[at]));
    const without = async (dropped: number) => {
      const kept = [...system, ...rest.slice(dropped)];
      return {
        history: kept,
        dropped,
        contextUsage: await this.#count(session, [...kept, ...turns], signal, input),
      };
    };
    let fit = await without(rest.length);
    if (fit.contextUsage > contextWindow) throw tooLong(fit.contextUsage, contextWindow);
    // What is kept of the history only grows shorter: half of what is left to try each time
    for (let low = 0, high = starts.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      const tried = await without(starts[middle]!);
      if (tried.contextUsage <= contextWindow) {
        fit = tried;
        high = middle;
      } else low = middle + 1;
    }
    if (fit.dropped > 0) await send({ kind: 'overflow' });
    return fit;
  }

  async #count(
    { model, options }: LanguageModelSession,
    turns: Turn[],
    signal: AbortSignal,
    { constraint, describeConstraint }: Pick<PromptInput, 'constraint' | 'describeConstraint'> = {},
  ): Promise<number> {
    if (turns.length === 0) return 0;
    const described = describeConstraint ? constraint : undefined;
    return this.models.count(model, toConversation(turns, options, described), signal);
  }
}

/** An answer is never kept without its question, nor a tool's response without its call. */
function opens(turn: Turn | undefined): boolean {
  return turn?.role !== 'assistant' && turn?.content[0]?.type !== 'tool-response';
}

function tooLong(requested: number, quota: number): Refused {
  return new Refused(
    'QuotaExceededError',
    `This needs ${requested} tokens, and the session has room for ${quota}.`,
    { requested, quota },
  );
}

function newCallId(): string {
  return `call_${crypto.randomUUID()}`;
}
