import { HearthError } from '../../protocol/errors.ts';
import type { RunningSequence } from '../../protocol/engine-calls.ts';
import type {
  ContextShift,
  GenerateOutput,
  Lane,
  SamplingOptions,
  Timings,
} from '../../protocol/generate.ts';
import type { Clock } from '../clock.ts';
import type { Held } from '../constrain/constrainer.ts';
import { Hold, type Matcher } from '../constrain/hold.ts';
import { type AdapterUse, hasPenalties, type Sequence } from '../schedule/sequence.ts';
import { type Drafter, Drafts } from '../speculate/drafts.ts';
import type { Speculates } from '../speculate/speculation.ts';
import type { AnswerDecoder, SampledToken } from '../text/stream.ts';

export interface RunRequest {
  ids: number[];
  maxTokens: number;
  sampling: SamplingOptions;
  stop: readonly string[];
  /** Tells thoughts and calls from the text; the answer is text alone without it. */
  answerDecoder?: AnswerDecoder | undefined;
  maxToolCalls?: number | undefined;
  /** Says what a token stands for, in UTF-8: if it is there, each comes with its log-probability. */
  bytesOf?: ((id: number) => Uint8Array) | undefined;
  /** With `bytesOf`: how many of the likeliest tokens come along with each; none if absent. */
  likeliest?: number | undefined;
  /** How it goes on past the end of the context; if absent, not at all. */
  shift?: ContextShift | undefined;
  origin: string;
  lane: Lane;
  /** Its text is nobody else's, whoever has the same origin. */
  isPrivate?: boolean | undefined;
  /** What is added to the model for it: what stands beside the model if absent. */
  adapters?: readonly AdapterUse[] | undefined;
  /** What the answer is held to, and what holds it. */
  held?: Held | undefined;
  matcher?: Matcher | undefined;
  /** Whether its text is guessed ahead; when that pays if absent. It changes nothing but the time. */
  speculates?: Speculates | undefined;
  /** Says what it may go on with; what its text repeats is all there is if absent. It changes nothing but the time. */
  drafter?: Drafter | undefined;
  /** What is waited for before its first step. */
  prepare?: (() => Promise<void>) | undefined;
  /** A token has come: for measuring. */
  onToken?: () => void;
  /** Goes on past tokens that end an answer: for measuring. */
  ignoreEnd?: boolean;
}

/** What a step says after a text: freely, and under the mask of what the answer is held to, where it waited for that. */
export interface Sampled {
  free: SampledToken;
  masked?: SampledToken | undefined;
  /** What was likeliest there, whatever the mask says; as many as were asked for. */
  likeliest?: readonly SampledToken[] | undefined;
}

/** What a request comes to, and in how many steps. */
export type RunOutput = Omit<GenerateOutput, 'model'> & { steps: number };

export type FinishReason = GenerateOutput['finishReason'];

/** One request on its way: its sequence, its times, its end. */
export class Answer {
  readonly sequence: Sequence;
  /** Resolves or rejects once, by `finish` or `fail`. */
  readonly ended: Promise<FinishReason>;
  finish!: (reason: FinishReason) => void;
  fail!: (error: unknown) => void;
  /** Takes a token's text; true if a stop string has come. */
  onText: (token: SampledToken, likeliest?: readonly SampledToken[]) => boolean = () => false;
  onEnd: (reason: FinishReason) => void = () => {};
  onError: (error: unknown) => void = () => {};
  /** Takes a change of the sequence's text, which is to be computed again. */
  onChange: (change: () => void) => void = () => {};

  readonly #clock: Clock;
  readonly #endIds: ReadonlySet<number>;
  readonly #createdAt: number;
  readonly #contextLength: number;
  readonly #shift: ContextShift | undefined;
  readonly #promptTokens: number;
  readonly #maxTokens: number;
  readonly #onToken: (() => void) | undefined;
  #completionTokens = 0;
  #steps = 0;
  #scheduledAt: number | undefined;
  #firstTokenAt: number | undefined;
  #lastTokenAt: number | undefined;

  constructor(
    id: number,
    request: RunRequest,
    contextLength: number,
    clock: Clock,
    endIds: ReadonlySet<number>,
  ) {
    this.#clock = clock;
    this.#endIds = request.ignoreEnd ? new Set() : endIds;
    this.#createdAt = clock.now();
    this.#contextLength = contextLength;
    this.#shift = request.shift;
    this.#onToken = request.onToken;
    this.#promptTokens = request.ids.length;
    this.#maxTokens = request.maxTokens;
    this.ended = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.sequence = {
      id,
      origin: request.origin,
      lane: request.lane,
      isPrivate: request.isPrivate,
      adapters: request.adapters,
      speculates: request.speculates,
      sampling: request.sampling,
      likeliest: request.likeliest,
      hold:
        request.matcher &&
        new Hold(request.matcher, {
          isCounted: hasPenalties(request.sampling),
          speculates: request.speculates,
        }),
      // Penalties count what is sampled, guesses too
      drafts:
        request.drafter && !hasPenalties(request.sampling)
          ? new Drafts(request.drafter, clock, request.speculates)
          : undefined,
      promptLength: request.ids.length,
      maxLength: Math.min(contextLength, request.ids.length + request.maxTokens),
      tokens: [...request.ids],
      scheduled: 0,
      epoch: 0,
      slot: undefined,
      pages: [],
      cachedTokens: undefined,
      isPaused: false,
      isDone: false,
    };
  }

  /** Steps that gave tokens, or were to. */
  get steps(): number {
    return this.#steps;
  }

  onScheduled(): void {
    const { scheduled, tokens } = this.sequence;
    if (scheduled >= tokens.length) this.#steps++;
    this.#scheduledAt ??= this.#clock.now();
  }

  get usage(): GenerateOutput['usage'] {
    const { cachedTokens = 0 } = this.sequence;
    return { promptTokens: this.#promptTokens, completionTokens: this.#completionTokens, cachedTokens };
  }

  get timings(): Timings {
    const scheduledAt = this.#scheduledAt ?? this.#clock.now();
    const firstTokenAt = this.#firstTokenAt ?? this.#clock.now();
    return {
      queuedMs: scheduledAt - this.#createdAt,
      prefillMs: firstTokenAt - scheduledAt,
      decodeMs: (this.#lastTokenAt ?? firstTokenAt) - firstTokenAt,
    };
  }

  /** Since the first token. */
  get tokensPerSecond(): number {
    const { decodeMs } = this.timings;
    return decodeMs > 0 ? ((this.usage.completionTokens - 1) * 1000) / decodeMs : 0;
  }

  /** What the user's screens show of it. */
  status(model: string): RunningSequence {
    const { id, origin, isPaused, slot } = this.sequence;
    const phase = isPaused
      ? 'paused'
      : this.#firstTokenAt !== undefined
        ? 'decode'
        : slot !== undefined
          ? 'prefill'
          : 'waiting';
    return {
      id,
      origin,
      model,
      phase,
      promptTokens: this.usage.promptTokens,
      completionTokens: this.usage.completionTokens,
      tokensPerSecond: this.tokensPerSecond,
    };
  }

  /** The next token, as it was sampled. */
  take({ free, masked, likeliest }: Sampled): void {
    const { hold } = this.sequence;
    const token = hold ? hold.take(free.id, masked?.id) : free.id;
    if (token === undefined) {
      // Where there was no mask, it comes again under one
      if (masked) this.onError(notAllowed());
      return;
    }
    this.#lastTokenAt = this.#clock.now();
    this.#firstTokenAt ??= this.#lastTokenAt;
    this.#onToken?.();
    if (this.#endIds.has(token)) {
      this.onEnd('stop');
      return;
    }
    const logprob = token === free.id ? free.logprob : masked?.logprob;
    this.sequence.tokens.push(token);
    this.#completionTokens++;
    if (this.onText({ id: token, logprob }, likeliest) || hold?.isOver) this.onEnd('stop');
    else if (this.sequence.tokens.length < this.sequence.maxLength) return;
    else if (this.#shift && this.#completionTokens < this.#maxTokens) {
      const { keepTokens } = this.#shift;
      this.onChange(() => this.#forget(keepTokens));
    } else this.onEnd('length');
  }

  /** The older half of what lies behind the first `keepTokens`. */
  #forget(keepTokens: number): void {
    const { sequence } = this;
    const { tokens, promptLength, sampling } = sequence;
    const forgotten = tokens.splice(keepTokens, Math.ceil((tokens.length - keepTokens) / 2)).length;
    const ofPrompt = Math.min(promptLength, keepTokens + forgotten) - keepTokens;
    sequence.promptLength -= Math.max(0, ofPrompt);
    const left = this.#maxTokens - this.#completionTokens;
    sequence.maxLength = Math.min(this.#contextLength, tokens.length + left);
    // Positions come again, and with one seed the same chances would
    sequence.sampling = { ...sampling, seed: (sampling.seed + 1) >>> 0 };
  }
}

function notAllowed(): HearthError {
  return new HearthError(
    'internal',
    'No token of the model goes on with what the answer is held to. Hold it to something simpler.',
  );
}
