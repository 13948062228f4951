import type {
  BuiltInApi,
  BuiltInCalls,
  Correction,
  Proofread,
  TaskInput,
  TaskOptions,
  TaskSession,
} from '../../protocol/built-in-ai.ts';
import { GREEDY, type Message } from '../../protocol/generate.ts';
import { beginAnswer, type GenerationDeps } from '../generation.ts';
import { corrections, typesOf } from './corrections.ts';
import { supportedLanguage, supportedLanguages, unsupportedLanguage } from './languages.ts';
import type { Models } from './models.ts';
import { Refused } from './outcome.ts';
import { explanationMessages, isBlank, taskMessages } from './tasks.ts';

const LISTS = ['expectedInputLanguages', 'expectedContextLanguages'];
const SINGLES = ['outputLanguage', 'sourceLanguage', 'targetLanguage', 'correctionExplanationLanguage'];

/** Answers that may differ from time to time are a little livelier than the likeliest one. */
const WARM = { temperature: 0.5, topK: 40 };
const EXPLANATION_TOKENS = 64;

/** Summarizer, Writer, Rewriter, Translator and Proofreader: a conversation with the user's default model each. */
export class TaskApis {
  constructor(
    private readonly deps: GenerationDeps,
    private readonly models: Models,
  ) {}

  async create(
    { api, options, isActive }: BuiltInCalls['createTask']['input'],
    signal: AbortSignal,
    onProgress: (part: number) => void,
  ): Promise<TaskSession> {
    const supported = supportedOptions(options);
    if (!supported) throw unsupportedLanguage();
    const { id, contextLength } = await this.models.open(isActive, signal, onProgress);
    const session = { model: id, options: supported, contextWindow: contextLength, contextUsage: 0 };
    const contextUsage = await this.measure({ api, session, input: '', context: '' }, signal);
    if (contextUsage > contextLength) throw tooLong(contextUsage, contextLength);
    return { ...session, contextUsage };
  }

  async measure({ api, session, input, context }: TaskInput, signal: AbortSignal): Promise<number> {
    const messages = taskMessages(api, session.options, input, context);
    return this.models.count(session.model, { messages }, signal);
  }

  /** Sends the result piece by piece. What there is nothing to do with is not given to the model. */
  async run(task: TaskInput, signal: AbortSignal, send: (text: string) => Promise<void>): Promise<void> {
    const { api, session, input, context } = task;
    if (isBlank(input)) {
      if (api === 'translator' && input) await send(input);
      return;
    }
    await this.#checkLength(task, signal);
    const messages = taskMessages(api, session.options, input, context);
    for await (const text of this.#answer(session.model, messages, isLively(api), undefined, signal))
      await send(text);
  }

  async proofread(task: TaskInput, signal: AbortSignal): Promise<Proofread> {
    const { session, input } = task;
    if (isBlank(input)) return { correctedInput: input };
    let correctedInput = '';
    await this.run(task, signal, async (text) => void (correctedInput += text));
    // A model ends its turn where a text goes on with white space
    correctedInput = input.match(/^\s*/)![0] + correctedInput.trim() + input.match(/\s*$/)![0];

    const found: Correction[] = [];
    for (const correction of corrections(input, correctedInput))
      found.push({ ...correction, ...(await this.#describe(session, input, correction, signal)) });
    return { correctedInput, corrections: found };
  }

  async #describe(
    { model, options }: TaskSession,
    input: string,
    { startIndex, endIndex, correction }: Correction,
    signal: AbortSignal,
  ): Promise<Pick<Correction, 'types' | 'explanation'>> {
    const before = input.slice(startIndex, endIndex);
    const types = options.includeCorrectionTypes ? { types: typesOf(before, correction) } : {};
    if (!options.includeCorrectionExplanations) return types;

    const language = options.correctionExplanationLanguage as string | undefined;
    const messages = explanationMessages(sentenceAround(input, startIndex), before, correction, language);
    let explanation = '';
    for await (const text of this.#answer(model, messages, false, EXPLANATION_TOKENS, signal))
      explanation += text;
    return { ...types, explanation: explanation.trim() };
  }

  async #checkLength(task: TaskInput, signal: AbortSignal): Promise<void> {
    const requested = await this.measure(task, signal);
    const quota = task.session.contextWindow;
    if (requested > quota) throw tooLong(requested, quota);
  }

  async *#answer(
    model: string,
    messages: Message[],
    isLively: boolean,
    maxTokens: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const sampling = isLively ? { ...GREEDY, ...WARM, seed } : GREEDY;
    const request = {
      model,
      // Who wants a summary waits for no thoughts, and is told none
      prompt: { kind: 'messages', messages, reasoning: 'off' },
      readsAnswer: true,
      maxTokens,
      sampling,
      stop: [],
    } as const;
    const { stream } = await beginAnswer(this.deps, { ...request, stop: [] }, signal);
    for await (const { text } of stream) if (text) yield text;
    await stream.output;
  }
}

/** The options with their languages as Hearth knows them; undefined if it does not know one. */
export function supportedOptions(options: TaskOptions): TaskOptions | undefined {
  const supported: TaskOptions = { ...options };
  for (const field of LISTS) {
    const tags = options[field] as string[] | undefined;
    if (!tags) continue;
    const known = supportedLanguages(tags);
    if (!known) return undefined;
    supported[field] = known;
  }
  for (const field of SINGLES) {
    const tag = options[field] as string | undefined;
    if (tag === undefined) continue;
    const known = supportedLanguage(tag);
    if (!known) return undefined;
    supported[field] = known;
  }
  return supported;
}

function isLively(api: BuiltInApi): boolean {
  return api === 'writer' || api === 'rewriter' || api === 'summarizer';
}

/** What an explanation needs to be seen in. */
function sentenceAround(text: string, index: number): string {
  const start = Math.max(0, text.lastIndexOf('.', index - 1) + 1);
  const end = text.indexOf('.', index);
  return text
    .slice(start, end < 0 ? undefined : end + 1)
    .trim()
    .slice(0, 500);
}

function tooLong(requested: number, quota: number): Refused {
  return new Refused(
    'QuotaExceededError',
    `This needs ${requested} tokens, and there is room for ${quota}.`,
    { requested, quota },
  );
}
