import type {
  BuiltInCalls,
  LanguageModelSession,
  PromptInput,
  PromptPart,
  SessionChange,
  ToolCall,
  Turn,
} from '../../protocol/built-in-ai.ts';
import type { Constraint, GenerateInput } from '../../protocol/generate.ts';
import { type Block, blocksOf } from '../blocks.ts';
import { beginAnswer, type GenerationDeps } from '../generation.ts';
import { completeOptions, isSupported } from './language-model-options.ts';
import type { Models } from './models.ts';
import { Refused } from './outcome.ts';
import { checkTurns, textsOf, toConversation } from './turns.ts';

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
    // So that what is measured to fill the window can be prompted with
    const contextWindow = contextLength - (await this.models.around(id, signal));
    const session = { model: id, options: complete, contextWindow, contextUsage: 0 };
    const contextUsage = await this.#measure(session, initialPrompts, signal);
    const size = await this.#size(session, initialPrompts, contextUsage, signal);
    if (size > contextWindow) throw tooLong(size, contextWindow);
    return { ...session, contextUsage };
  }

  async prompt(
    input: PromptInput,
    signal: AbortSignal,
    send: (part: PromptPart) => Promise<void>,
  ): Promise<SessionChange> {
    const { session, constraint } = input;
    const { history, dropped } = await this.#makeRoom(input, signal, send);
    const { temperature, topK } = session.options;
    const request: GenerateInput = {
      model: session.model,
      prompt: {
        kind: 'messages',
        ...toConversation([...history, ...input.turns], session.options, description(input)),
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
      readsAnswer: true,
      ...(constraint ? { constraint } : {}),
    };
    const { stream } = await beginAnswer(this.deps, request, signal);
    for await (const event of blocksOf(stream)) {
      if (event.kind === 'delta' && event.block.kind === 'text')
        await send({ kind: 'text', text: event.delta });
      else if (event.kind === 'close' && event.block.kind === 'call')
        await send({ kind: 'tool-call', call: toolCall(event.block) });
    }
    const { promptTokens, completionTokens, reasoningTokens = 0 } = (await stream.output).usage;
    // Thoughts are not told, and no part of what comes after
    return { contextUsage: promptTokens + completionTokens - reasoningTokens, dropped };
  }

  async append(input: PromptInput, signal: AbortSignal): Promise<SessionChange> {
    const { contextUsage, dropped } = await this.#makeRoom(input, signal, async () => {});
    return { contextUsage, dropped };
  }

  /** The tokens that turns have by themselves, whatever was said before. */
  async measure({ session, turns, ...input }: PromptInput, signal: AbortSignal): Promise<number> {
    checkTurns(turns, session.options, true);
    return this.#measure(session, turns, signal, input);
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
    const requested = await this.#measure(session, turns, signal, input);
    const contextUsage = input.contextUsage + requested;
    if ((await this.#size(session, [...history, ...turns], contextUsage, signal, input)) <= contextWindow)
      return { history, contextUsage, dropped: 0 };

    const system = history[0]?.role === 'system' ? history.slice(0, 1) : [];
    const rest = history.slice(system.length);
    const starts = [0, ...rest.keys(), rest.length].filter((at) => at === 0 || opens(rest[at]));
    const without = async (dropped: number) => {
      const kept = [...system, ...rest.slice(dropped)];
      const usage = requested + (await this.#measure(session, kept, signal));
      const size = await this.#size(session, [...kept, ...turns], usage, signal, input);
      return { history: kept, dropped, contextUsage: usage, size };
    };
    let fit = await without(rest.length);
    if (fit.size > contextWindow) throw tooLong(fit.size, contextWindow);
    // What is kept of the history only grows shorter: half of what is left to try each time
    for (let low = 0, high = starts.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      const tried = await without(starts[middle]!);
      if (tried.size <= contextWindow) {
        fit = tried;
        high = middle;
      } else low = middle + 1;
    }
    if (fit.dropped > 0) await send({ kind: 'overflow' });
    return fit;
  }

  async #measure(
    { model }: LanguageModelSession,
    turns: Turn[],
    signal: AbortSignal,
    input: Constrained = {},
  ): Promise<number> {
    return this.models.measure(model, textsOf(turns, description(input)), signal);
  }

  /** What turns of this usage take in the window. What the model is given around them is counted where it may matter. */
  async #size(
    { model, options, contextWindow }: LanguageModelSession,
    turns: Turn[],
    usage: number,
    signal: AbortSignal,
    input: Constrained = {},
  ): Promise<number> {
    const hasTools = (options.tools ?? []).length > 0;
    const isRoomy = usage + turns.length * MOST_TOKENS_AROUND <= contextWindow;
    if (usage > contextWindow || (isRoomy && !hasTools)) return usage;
    const conversation = toConversation(turns, options, description(input));
    const around = await this.models.around(model, signal);
    return Math.max(usage, (await this.models.count(model, conversation, signal)) - around);
  }
}

type Constrained = Pick<PromptInput, 'constraint' | 'describeConstraint'>;

/** The constraint that the model is told of in words. */
function description({ constraint, describeConstraint }: Constrained): Constraint | undefined {
  return describeConstraint ? constraint : undefined;
}

/** More than any template writes around a turn. */
const MOST_TOKENS_AROUND = 64;

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

function toolCall({ id, name, text }: Block): ToolCall {
  try {
    JSON.parse(text);
  } catch {
    throw new Refused('OperationError', 'The model began to call a tool and did not come to its end.');
  }
  return { callID: id!, name: name!, arguments: text };
}
