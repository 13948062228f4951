// What Whisper may say next (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", §2.3 and §4.5): first
// the language, the task and whether times are wanted, then text between times that come in pairs and never go back.

/** Ids of tokens that mean something. Those of texts are below `end`; those of times are `firstTime` and all above it. */
export interface WhisperTokens {
  end: number;
  start: number;
  /** Of what was said before, or of words to expect. */
  previous: number | undefined;
  noSpeech: number;
  noTimes: number;
  firstTime: number;
  /** None in a model of one language. */
  languages: ReadonlyMap<number, string>;
  tasks: Readonly<Record<string, number>>;
  suppressed: readonly number[];
  suppressedFirst: readonly number[];
}

export interface WhisperWish {
  /** As a token; to be found out if absent. */
  language: number | undefined;
  task: 'transcribe' | 'translate';
  times: boolean;
}

/** One second. */
const TIMES_PER_SECOND = 50;

/** Watches an answer being made: says what may come, and notes what the model thought of what came. */
export class WhisperRules {
  language: number | undefined;
  /** That nobody speaks, by the first step. */
  noSpeech = 0;
  /** Natural logarithms, of each token behind the forced ones. */
  readonly logprobs: number[] = [];
  #allowed: Float32Array | undefined;
  /** Tokens before the answer: what stands there at first, then the forced ones. */
  readonly begin: number;

  constructor(
    private readonly tokens: WhisperTokens,
    private readonly wish: WhisperWish,
    private readonly prefix: number,
  ) {
    this.language = wish.language;
    this.begin = prefix + (tokens.languages.size > 0 ? 2 : 0) + (wish.times ? 0 : 1);
  }

  /** Leaves of the logits of the next token, in place, those that it may be. */
  next(ids: readonly number[], logits: Float32Array): void {
    if (ids.length === this.prefix) this.#listen(logits);
    if (ids.length < this.begin) only(logits, this.#forced(ids.length - this.prefix));
    else this.#free(ids, logits);
  }

  #free(ids: readonly number[], logits: Float32Array): void {
    this.note(ids);
    for (const token of this.tokens.suppressed) logits[token] = Number.NEGATIVE_INFINITY;
    if (ids.length === this.begin)
      for (const token of this.tokens.suppressedFirst) logits[token] = Number.NEGATIVE_INFINITY;
    if (this.wish.times) this.#time(ids.slice(this.begin), logits);
    this.#allowed = logits;
  }

  /** What the last token was worth when it was chosen. */
  note(ids: readonly number[]): void {
    const logits = this.#allowed;
    this.#allowed = undefined;
    if (logits && ids.length > this.begin) this.logprobs.push(logits[ids.at(-1)!]! - logOfSum(logits));
  }

  #listen(logits: Float32Array): void {
    this.noSpeech = Math.exp(logits[this.tokens.noSpeech]! - logOfSum(logits));
    const known = [...this.tokens.languages.keys()];
    if (known.length > 0)
      this.language ??= known.reduce((best, one) => (logits[one]! > logits[best]! ? one : best));
  }

  #forced(step: number): number {
    const { tasks, noTimes, languages } = this.tokens;
    const all = [...(languages.size > 0 ? [this.language!, tasks[this.wish.task]!] : []), noTimes];
    return all[step]!;
  }

  #time(said: readonly number[], logits: Float32Array): void {
    const { firstTime, end, noTimes } = this.tokens;
    const isTime = (token: number | undefined) => token !== undefined && token >= firstTime;
    logits[noTimes] = Number.NEGATIVE_INFINITY;
    if (said.length === 0) {
      forbid(logits, 0, firstTime);
      forbid(logits, firstTime + TIMES_PER_SECOND + 1, logits.length);
      return;
    }
    const last = isTime(said.at(-1));
    const before = said.length < 2 || isTime(said.at(-2));
    if (last && before) forbid(logits, firstTime, logits.length);
    else if (last) forbid(logits, 0, end);
    const latest = said.findLast(isTime);
    // One that ends a stretch of text lies behind its beginning; one that begins the next may be the same
    if (latest !== undefined) forbid(logits, firstTime, last && !before ? latest : latest + 1);
    const times = logOfSum(logits.subarray(firstTime));
    const text = logits
      .subarray(0, firstTime)
      .reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
    if (times > text) forbid(logits, 0, firstTime);
  }
}

function only(logits: Float32Array, token: number): void {
  logits.fill(Number.NEGATIVE_INFINITY);
  logits[token] = 0;
}

function forbid(logits: Float32Array, from: number, to: number): void {
  logits.fill(Number.NEGATIVE_INFINITY, from, Math.max(from, to));
}

function logOfSum(logits: Float32Array): number {
  const most = logits.reduce((best, one) => Math.max(best, one), Number.NEGATIVE_INFINITY);
  if (most === Number.NEGATIVE_INFINITY) return most;
  return most + Math.log(logits.reduce((sum, one) => sum + Math.exp(one - most), 0));
}
