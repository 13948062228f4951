import type { WhisperTokens } from './whisper-rules.ts';

/** Text between two times, in seconds since the window began. */
export interface Segment {
  start: number;
  end: number;
  tokens: number[];
  /** The mean of its tokens' log-probabilities. */
  logprob: number;
}

/** Cuts what Whisper said at its times. What has none is one segment, as long as the window. */
export function segmentsOf(
  said: readonly number[],
  logprobs: readonly number[],
  { firstTime, end }: Pick<WhisperTokens, 'firstTime' | 'end'>,
  { seconds, secondsPerTime }: { seconds: number; secondsPerTime: number },
): Segment[] {
  const segments: Segment[] = [];
  let [start, tokens, sum] = [0, [] as number[], 0];
  const close = (at: number) => {
    if (tokens.length > 0)
      segments.push({ start, end: Math.min(at, seconds), tokens, logprob: sum / tokens.length });
    [tokens, sum] = [[], 0];
  };
  for (const [i, token] of said.entries()) {
    if (token < end) {
      tokens.push(token);
      sum += logprobs[i]!;
    } else if (token >= firstTime) {
      const at = (token - firstTime) * secondsPerTime;
      close(at);
      start = Math.min(at, seconds);
    }
  }
  close(seconds);
  return segments;
}
