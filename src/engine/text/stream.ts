import type { AnswerPiece, GeneratePart, TokenLogprob } from '../../protocol/generate.ts';
import { MAX_UNREAD_TOKENS, STREAM_TICK_MS } from '../../protocol/limits.ts';
import type { Clock } from '../clock.ts';

/** A token that a step gave. */
export interface SampledToken {
  id: number;
  /** The natural logarithm of its probability, where the stepper sees logits; NaN where one of those is not finite. */
  logprob: number | undefined;
}

export interface TextDecoder {
  /** The text that is final once this token has come: never half a character. */
  push(id: number): string;
  /** What was held back for want of further bytes. */
  end(): string;
}

/** As `TextDecoder`, of an answer whose thoughts and calls are told from its text. */
export interface AnswerDecoder {
  push(id: number): AnswerPiece[];
  end(): AnswerPiece[];
}

export interface StreamOptions {
  decoder: TextDecoder | AnswerDecoder;
  /** Parts have pieces. */
  hasPieces?: boolean;
  maxToolCalls?: number | undefined;
  /** Says a token's bytes; parts have log-probabilities if it is there. */
  bytesOf?: ((id: number) => Uint8Array) | undefined;
  stop: readonly string[];
  clock: Clock;
  /** Resolves when the reader has room for the next part. */
  send(part: GeneratePart): Promise<void>;
  /** The reader lags by many tokens, or has caught up. */
  onPause(isPaused: boolean): void;
  onError(error: unknown): void;
}

/**
 * Tokens in, text out: gathers text for a tick, holds back what may become a stop string, and never
 * sends a part while the reader has not taken the last one.
 */
export class TokenStream {
  readonly #options: StreamOptions;
  readonly #longestStop: number;
  /** Text that may yet turn out to begin a stop string. */
  #held = '';
  #text = '';
  #pieces: AnswerPiece[] = [];
  #ids: number[] = [];
  #logprobs: TokenLogprob[] = [];
  #reasoningTokens = 0;
  #sending: Promise<void> | undefined;
  #cancelTick: (() => void) | undefined;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #isPaused = false;
  #isStopped = false;
  #stop: string | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#longestStop = Math.max(0, ...options.stop.map(({ length }) => length));
  }

  /** The stop string that has come. */
  get stop(): string | undefined {
    return this.#stop;
  }

  /** Tokens so far that were thoughts. */
  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  /** True if a stop string, or a call too many, has now come: what follows it is not sent. */
  push(id: number, logprob = Number.NaN, likeliest: readonly SampledToken[] = []): boolean {
    const { decoder, bytesOf } = this.#options;
    this.#ids.push(id);
    if (bytesOf) {
      const toLogprob = ({ id, logprob = Number.NaN }: SampledToken) => ({
        bytes: [...bytesOf(id)],
        logprob,
      });
      const top = likeliest.length > 0 ? { top: likeliest.map(toLogprob) } : {};
      this.#logprobs.push({ ...toLogprob({ id, logprob }), ...top });
    }
    const pieces = toPieces(decoder.push(id));
    if (pieces.some((piece) => 'reasoning' in piece)) this.#reasoningTokens++;
    const isStopped = pieces.some((piece) => this.#take(piece));
    if (!isStopped) this.#tick();
    return isStopped;
  }

  /** Sends the rest and waits until the reader has it all. */
  async end(): Promise<void> {
    if (!this.#isStopped && !toPieces(this.#options.decoder.end()).some((piece) => this.#take(piece)))
      this.#release();
    this.#cancelTick?.();
    await this.#sending;
    if (this.#text || this.#ids.length > 0 || this.#pieces.length > 0) await this.#options.send(this.#part());
  }

  #take(piece: AnswerPiece): boolean {
    if ('text' in piece) return this.#takeText(piece.text);
    const { maxToolCalls = Number.POSITIVE_INFINITY } = this.#options;
    // What may have begun a stop string ends where something else begins
    this.#release();
    this.#isStopped = 'toolCall' in piece && piece.toolCall.index >= maxToolCalls;
    if (!this.#isStopped) this.#pieces.push(piece);
    return this.#isStopped;
  }

  #takeText(text: string): boolean {
    const all = this.#held + text;
    const cut = Math.min(...this.#options.stop.map((stop) => indexOrEnd(all, stop)));
    if (cut < all.length) {
      this.#stop = this.#options.stop.find((stop) => all.startsWith(stop, cut));
      this.#write(all.slice(0, cut));
      this.#isStopped = true;
      return true;
    }
    const keep = heldBack(all, this.#options.stop, this.#longestStop);
    this.#write(all.slice(0, all.length - keep));
    this.#held = all.slice(all.length - keep);
    return false;
  }

  #release(): void {
    this.#write(this.#held);
    this.#held = '';
  }

  #write(text: string): void {
    this.#text += text;
    if (text === '' || !this.#options.hasPieces) return;
    const last = this.#pieces.at(-1);
    if (last && 'text' in last) last.text += text;
    else this.#pieces.push({ text });
  }

  #tick(): void {
    const { clock, onPause } = this.#options;
    if (!this.#isPaused && this.#ids.length >= MAX_UNREAD_TOKENS) onPause((this.#isPaused = true));
    if (this.#sending || this.#cancelTick) return;
    const waitMs = this.#lastSentAt + STREAM_TICK_MS - clock.now();
    if (waitMs <= 0) this.#send();
    else this.#cancelTick = clock.after(waitMs, () => this.#send());
  }

  #send(): void {
    const { clock, onPause, onError, send } = this.#options;
    this.#cancelTick = undefined;
    this.#lastSentAt = clock.now();
    this.#sending = send(this.#part()).then(
      () => {
        this.#sending = undefined;
        if (this.#isPaused && this.#ids.length < MAX_UNREAD_TOKENS) onPause((this.#isPaused = false));
        if (this.#ids.length > 0) this.#tick();
      },
      (error: unknown) => {
        this.#sending = undefined;
        onError(error);
      },
    );
  }

  #part(): GeneratePart {
    const { hasPieces, bytesOf } = this.#options;
    const part: GeneratePart = { text: this.#text, ids: this.#ids };
    if (hasPieces) part.pieces = this.#pieces;
    if (bytesOf) part.logprobs = this.#logprobs;
    this.#text = '';
    [this.#ids, this.#pieces, this.#logprobs] = [[], [], []];
    return part;
  }
}

function toPieces(decoded: string | AnswerPiece[]): AnswerPiece[] {
  return typeof decoded === 'string' ? [{ text: decoded }] : decoded;
}

function indexOrEnd(text: string, stop: string): number {
  const index = text.indexOf(stop);
  return index < 0 ? text.length : index;
}

/** Characters at the end of `text` that a stop string may begin with. */
function heldBack(text: string, stops: readonly string[], longest: number): number {
  for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}
