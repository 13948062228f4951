/**
 * How byte-level BPE cuts a text into words before it merges: each expression in turn cuts the pieces that the one
 * before has left, into its matches and what lies between them.
 */
export interface PreTokenizer {
  readonly cuts: readonly RegExp[];
  /** A word that is a token as a whole is taken without merging. */
  readonly takesWholeWords?: true;
  /** Unless the file says otherwise, a prompt begins with BOS. */
  readonly addsBos?: true;
}

// White space is Unicode's property: JavaScript's \s also holds U+FEFF and lacks U+0085
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const LLAMA3 =
  /'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const QWEN2 =
  /'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const TEKKEN =
  /[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])*(?:(?=\p{L})[^A-Z])+|[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])+(?:(?=\p{L})[^A-Z])*|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n/]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
/** The cased letters and the punctuation that DeepSeek LLM's tokenizer lists, range by range. */
const CASED =
  /\p{White_Space}?[A-Za-z\u{b5}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{1ba}\u{1bc}-\u{1bf}\u{1c4}-\u{293}\u{295}-\u{2af}\u{370}-\u{373}\u{376}\u{377}\u{37b}-\u{37d}\u{37f}\u{386}\u{388}-\u{38a}\u{38c}\u{38e}-\u{3a1}\u{3a3}-\u{3f5}\u{3f7}-\u{481}\u{48a}-\u{52f}\u{531}-\u{556}\u{10a0}-\u{10c5}\u{13a0}-\u{13f5}\u{13f8}-\u{13fd}\u{1c90}-\u{1cba}\u{1cbd}-\u{1cbf}\u{1d00}-\u{1d2b}\u{1d6b}-\u{1d77}\u{1d79}-\u{1d9a}\u{1e00}-\u{1f15}\u{1f18}-\u{1f1d}\u{1f20}-\u{1f45}\u{1f48}-\u{1f4d}\u{1f50}-\u{1f57}\u{1f59}\u{1f5b}\u{1f5d}\u{1f5f}-\u{1f7d}\u{1f80}-\u{1fb4}\u{1fb6}-\u{1fbc}\u{1fbe}\u{1fc2}-\u{1fc4}\u{1fc6}-\u{1fcc}\u{1fd0}-\u{1fd3}\u{1fd6}-\u{1fdb}\u{1fe0}-\u{1fec}\u{1ff2}-\u{1ff4}\u{1ff6}-\u{1ffc}\u{2102}\u{2107}\u{210a}-\u{2113}\u{2115}\u{2119}-\u{211d}\u{2124}\u{2126}\u{2128}\u{212a}-\u{212d}\u{212f}-\u{2134}\u{2139}\u{213c}-\u{213f}\u{2145}-\u{2149}\u{214e}\u{2183}\u{2184}\u{2c00}-\u{2c7b}\u{2c7e}-\u{2ce4}\u{2ceb}-\u{2cee}\u{2cf2}\u{2cf3}\u{a640}-\u{a66d}\u{a680}-\u{a69b}\u{a722}-\u{a76f}\u{a771}-\u{a787}\u{a78b}-\u{a78e}\u{ab70}-\u{abbf}\u{fb00}-\u{fb06}\u{fb13}-\u{fb17}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}]+/gu;
const PUNCTUATION =
  /\p{White_Space}?[!-/:-~\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff5e}\u{2018}-\u{201f}\u{3001}\u{3002}]+/gu;
const CJK = /[[\u{800}-\u{9fa5}\u{ac00}-\u{d7ff}]--\p{White_Space}]+/gv;
// Only at the start of a run: from each of its characters the search would take quadratic time
const TRAILING_SPACE = /(?<!\p{White_Space})\p{White_Space}+$/gu;

/** One line for each name that `tokenizer.ggml.pre` may have; the expressions are llama.cpp's (`llama-vocab.cpp`). */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map<string, PreTokenizer>([
  ['default', { cuts: [/[\p{P}$+<=>^~|]+/gu, GPT2, /\p{N}+/gu, /[0-9]{3}/gu] }],
  ['gpt-2', { cuts: [GPT2] }],
  ['phi-2', { cuts: [GPT2] }],
  ['olmo', { cuts: [GPT2] }],
  ['smollm', { cuts: [/\p{N}/gu, GPT2] }],
  ['starcoder', { cuts: [/\p{N}/gu, GPT2] }],
  ['refact', { cuts: [/\p{N}/gu, GPT2] }],
  ['command-r', { cuts: [/\p{N}/gu, GPT2] }],
  ['llama-bpe', { cuts: [LLAMA3], takesWholeWords: true, addsBos: true }],
  ['llama3', { cuts: [LLAMA3], takesWholeWords: true, addsBos: true }],
  ['llama-v3', { cuts: [LLAMA3], takesWholeWords: true, addsBos: true }],
  ['falcon3', { cuts: [LLAMA3], takesWholeWords: true, addsBos: true }],
  ['smaug-bpe', { cuts: [LLAMA3] }],
  ['dbrx', { cuts: [LLAMA3] }],
  ['qwen2', { cuts: [QWEN2] }],
  ['deepseek-r1-qwen', { cuts: [QWEN2] }],
  ['stablelm2', { cuts: [QWEN2] }],
  ['tekken', { cuts: [TEKKEN], takesWholeWords: true, addsBos: true }],
  ['deepseek-llm', { cuts: [/[\r\n]/gu, CASED, PUNCTUATION, TRAILING_SPACE, CJK, /\p{N}+/gu] }],
  [
    'deepseek-coder',
    { cuts: [/[\r\n]/gu, /\p{White_Space}?\p{L}+/gu, /\p{White_Space}?\p{P}+/gu, CJK, /\p{N}/gu] },
  ],
]);

/** The words of a text, in order; joined they are the text. */
export function cutWords(text: string, { cuts }: PreTokenizer): string[] {
  let pieces = [text];
  for (const cut of cuts) {
    const cutPieces: string[] = [];
    for (const piece of pieces) cutPiece(piece, cut, cutPieces);
    pieces = cutPieces;
  }
  return pieces;
}

function cutPiece(piece: string, cut: RegExp, out: string[]): void {
  let end = 0;
  for (const match of piece.matchAll(cut)) {
    if (match.index > end) out.push(piece.slice(end, match.index));
    out.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < piece.length) out.push(piece.slice(end));
}
