/** When speech begins and ends, by probabilities that come window by window. Times are in samples. */
export interface SpanRules {
  /** Speech begins at a window that is at least so probable, and ends behind windows below `until`. */
  threshold: number;
  until: number;
  /** Windows below `until` that end it. */
  minSilence: number;
  minSpeech: number;
  /** Kept on each side of it. */
  pad: number;
}

/** What is known so far. All of it are numbers, so that it may travel between calls. */
export interface SpanState {
  /** Where speech has begun that goes on, else −1. */
  begun: number;
  /** Where the silence has begun that may end it, else −1. */
  silent: number;
}

export interface Span {
  start: number;
  end: number;
}

export const QUIET: SpanState = { begun: -1, silent: -1 };

/** Takes one window on; says of speech that has ended with it. */
export function nextWindow(
  { begun, silent }: SpanState,
  probability: number,
  at: number,
  { threshold, until, minSilence, minSpeech }: SpanRules,
): { state: SpanState; span?: Span } {
  if (probability >= threshold) return { state: { begun: begun < 0 ? at : begun, silent: -1 } };
  if (begun < 0) return { state: QUIET };
  // Between the two thresholds a silence that has begun goes on, and none begins
  const since = silent < 0 && probability < until ? at : silent;
  if (since < 0 || at - since < minSilence) return { state: { begun, silent: since } };
  return { state: QUIET, ...(since - begun >= minSpeech && { span: { start: begun, end: since } }) };
}

/** Speech that is under way where the audio ends. */
export function lastSpan(
  { begun, silent }: SpanState,
  end: number,
  { minSpeech }: SpanRules,
): Span | undefined {
  const until = silent < 0 ? end : silent;
  return begun >= 0 && until - begun >= minSpeech ? { start: begun, end: until } : undefined;
}

/** With what is kept on each side; two that would overlap share what is between them. */
export function padded(spans: readonly Span[], pad: number, length: number): Span[] {
  return spans.map(({ start, end }, i) => {
    const [before, after] = [spans[i - 1]?.end, spans[i + 1]?.start];
    return {
      start: Math.max(0, start - pad, before === undefined ? 0 : Math.ceil((before + start) / 2)),
      end: Math.min(length, end + pad, after === undefined ? length : Math.floor((end + after) / 2)),
    };
  });
}
