import type { TokenLogprob } from '../../protocol/generate.ts';

type Chance = Pick<TokenLogprob, 'bytes' | 'logprob'>;

/** Chat Completions': a token's text is what its bytes come to by themselves. */
export function contentLogprobs(logprobs: readonly TokenLogprob[]): object {
  const content = logprobs.map(({ top = [], ...chosen }) => ({
    ...toEntry(chosen),
    top_logprobs: top.map(toEntry),
  }));
  return { content, refusal: null };
}

/** The older endpoint's: a list for each field. @param offset characters of the answer before */
export function completionLogprobs(logprobs: readonly TokenLogprob[], offset: number): object {
  const tokens = logprobs.map(({ bytes }) => textOf(bytes));
  let at = offset;
  const text_offset = tokens.map((token) => {
    const here = at;
    at += token.length;
    return here;
  });
  return {
    tokens,
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(toTop),
    text_offset,
  };
}

function toEntry({ bytes, logprob }: Chance): object {
  return { token: textOf(bytes), logprob, bytes };
}

/** By name; the chosen token is among them, as OpenAI has it, so that there may be one more than were asked for. */
function toTop({ top = [], ...chosen }: TokenLogprob): object {
  const named: Record<string, number> = Object.create(null);
  // Of tokens of one name the likeliest comes first, and stays
  for (const { bytes, logprob } of top.length > 0 ? [...top, chosen] : []) named[nameOf(bytes)] ??= logprob;
  return named;
}

function textOf(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Pieces of characters would all have one name: theirs are their bytes. */
function nameOf(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
  }
}
