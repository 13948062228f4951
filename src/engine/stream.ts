import type { GeneratePart } from '../protocol/generate.ts';
import { MAX_UNREAD_TOKENS, STREAM_TICK_MS } from '../protocol/limits.ts';
import type { Clock } from './clock.ts';

export interface TextDecoder {
  /** The text that is final once this token has come: never half a character. */
  push(id: number): string;
  /** What was held back for want of further bytes. */
  end(): string;
}

export interface StreamOptions {
  decoder: TextDecoder;
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
  #ids: number[] = [];
  #sending: Promise<void> | undefined;
  #cancelTick: (() => void) | undefined;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #isPaused = false;
  #isStopped = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#longestStop = Math.max(0, ...options.stop.map(({ length }) => length));
  }

  /** True if a stop string has now come: what follows it is not sent. */
  push(id: number): boolean {
    this.#ids.push(id);
    const isStopped = this.#take(this.#options.decoder.push(id));
    if (!isStopped) this.#tick();
    return isStopped;
  }

  /** Sends the rest and waits until the reader has it all. */
  async end(): Promise<void> {
    if (!this.#isStopped && !this.#take(this.#options.decoder.end())) this.#text += this.#held;
    this.#cancelTick?.();
    await this.#sending;
    if (this.#text || this.#ids.length > 0) await this.#options.send(this.#part());
  }

  #take(text: string): boolean {
    const all = this.#held + text;
    const cut = Math.min(...this.#options.stop.map((stop) => indexOrEnd(all, stop)));
    if (cut < all.length) {
      this.#text += all.slice(0, cut);
      this.#isStopped = true;
      return true;
    }
    const keep = heldBack(all, this.#options.stop, this.#longestStop);
    this.#text += all.slice(0, all.length - keep);
    this.#held = all.slice(all.length - keep);
    return false;
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
    const part = { text: this.#text, ids: this.#ids };
    this.#text = '';
    this.#ids = [];
    return part;
  }
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
