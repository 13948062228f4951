import { BYTE_CHARS } from '../../../models/tokenizers/byte-chars.ts';
import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { type TokenizerInfo, xgrammar } from './xgrammar.ts';

/**
 * What each token writes, for xgrammar: its bytes in GPT-2's alphabet, since not all are whole characters. Control tokens write
 * nothing and so never come, but for those in `shown`.
 */
export async function tokenVocabulary(
  tokenizer: Tokenizer,
  vocab: number,
  shown: ReadonlySet<string>,
): Promise<TokenizerInfo> {
  const { TokenizerInfo } = await xgrammar();
  const texts = Array.from({ length: vocab }, (_, id) =>
    isSilent(tokenizer, id, shown)
      ? ''
      : Array.from(tokenizer.tokenBytes(id), (byte) => BYTE_CHARS[byte]).join(''),
  );
  return TokenizerInfo.createTokenizerInfo(texts, 'byte_level', false, vocab, [...tokenizer.endIds]);
}

/** Whether a token writes nothing, so that it may never come, but for those that end an answer. */
export function isSilent(tokenizer: Tokenizer, id: number, shown: ReadonlySet<string>): boolean {
  const kind = tokenizer.kind(id);
  const isHidden = kind === 'unknown' || (kind === 'control' && !shown.has(tokenizer.tokenText(id)));
  return isHidden || tokenizer.tokenBytes(id).length === 0;
}
