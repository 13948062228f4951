import type { TokenLogprob } from '../../protocol/generate.ts';

/** Chat Completions': a token's text is what its bytes come to by themselves. */
export function contentLogprobs(logprobs: readonly TokenLogprob[]): object {
  const content = logprobs.map(({ bytes, logprob }) => ({
    token: textOf(bytes),
    logprob,
    bytes,
    top_logprobs: [],
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
    top_logprobs: tokens.map(() => ({})),
    text_offset,
  };
}

function textOf(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
