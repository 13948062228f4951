import type { RunningSequence } from '../protocol/engine-calls.ts';
import type { GenerateOutput, Lane, SamplingOptions, Timings } from '../protocol/generate.ts';
import type { Clock } from './clock.ts';
import type { AdapterUse, Sequence } from './sequence.ts';

export interface RunRequest {
  ids: number[];
  maxTokens: number;
  sampling: SamplingOptions;
  stop: readonly string[];
  origin: string;
  lane: Lane;
  /** Its text is nobody else's, whoever has the same origin. */
  isPrivate?: boolean | undefined;
  /** What is added to the model for it; nothing if absent. */
  adapters?: readonly AdapterUse[] | undefined;
  /** Goes on past tokens that end an answer: for measuring. */
  ignoreEnd?: boolean;
}

export type FinishReason = GenerateOutput['finishReason'];

/** One request on its way: its sequence, its times, its end. */
export class Answer {
  readonly sequence: Sequence;
  /** Resolves or rejects once, by `finish` or `fail`. */
  readonly ended: Promise<FinishReason>;
  finish!: (reason: FinishReason) => void;
  fail!: (error: unknown) => void;
  /** Takes a token's text; true if a stop string has come. */
  onText: (id: number) => boolean = () => false;
  onEnd: (reason: FinishReason) => void = () => {};

  readonly #clock: Clock;
  readonly #endIds: ReadonlySet<number>;
  readonly #createdAt: number;
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
      sampling: request.sampling,
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

  onScheduled(): void {
    this.#scheduledAt ??= this.#clock.now();
  }

  get usage(): GenerateOutput['usage'] {
    const { tokens, promptLength, cachedTokens = 0 } = this.sequence;
    return { promptTokens: promptLength, completionTokens: tokens.length - promptLength, cachedTokens };
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

  /** The next token. */
  take(token: number): void {
    this.#lastTokenAt = this.#clock.now();
    this.#firstTokenAt ??= this.#lastTokenAt;
    if (this.#endIds.has(token)) {
      this.onEnd('stop');
      return;
    }

    this.sequence.tokens.push(token);
    if (this.onText(token)) this.onEnd('stop');
    else if (this.sequence.tokens.length >= this.sequence.maxLength) this.onEnd('length');
  }
}
