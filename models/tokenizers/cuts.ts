// How texts are cut into words: the expressions of llama.cpp's `llama-vocab.cpp`, put together from what they share.
// Its own engine sees no case beyond ASCII, so its expressions for upper and lower case letters know only a-z and A-Z;
// models are tested with it before they are published as GGUF, so ours say the same.

/** Matches become words, and so does what lies between them; or the places in a text where it is cut, in order. */
export type Cut = RegExp | ((text: string) => Iterable<number>);

const cut = (...alternatives: readonly string[]): RegExp => new RegExp(alternatives.join('|'), 'gv');
const raw = String.raw;

// White space is Unicode's property: JavaScript's \s also holds U+FEFF and lacks U+0085
const S = raw`\p{White_Space}`;
const SUFFIX = raw`'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])`;
/** What may stand before the letters of a word and belong to it. */
const LEAD = raw`[^\r\n\p{L}\p{N}]?`;
const WORD = raw`${LEAD}\p{L}+`;
const SIGNS = raw` ?[^${S}\p{L}\p{N}]+`;
const LINES = raw`${S}*[\r\n]+`;
/** The last space before a word is the word's. */
const SPACES = [raw`${S}+(?!\P{White_Space})`, raw`${S}+`];

const THOUSANDS = raw`\p{N}{1,3}`;
export const DIGIT = cut(raw`\p{N}`);
export const DIGITS = cut(raw`\p{N}+`);
export const DIGITS_1_TO_3 = cut(THOUSANDS);
export const ASCII_THREES = cut('[0-9]{3}');
export const LINE_OR_REST = cut(raw`[^\n]+`, raw`\n+`);
export const NOT_SPACE = cut(raw`\P{White_Space}+`);

export const GPT2 = cut("'s|'t|'re|'ve|'m|'ll|'d", raw` ?\p{L}+`, raw` ?\p{N}+`, SIGNS, ...SPACES);

/** Llama 3's expression, which many have taken over with numbers of their own. */
const llama3 = (numbers: string, word = WORD) => [SUFFIX, word, numbers, raw`${SIGNS}[\r\n]*`, LINES];
export const LLAMA3 = cut(...llama3(THOUSANDS), ...SPACES);
export const QWEN2 = cut(...llama3(raw`\p{N}`), ...SPACES);
export const MINICPM5 = cut(...llama3(raw`\p{N}+`), ...SPACES);
export const UFAKZEKA = cut(...llama3(raw`\p{N}`).slice(1), ...SPACES);
export const QWEN35 = cut(
  SUFFIX,
  raw`${LEAD}[\p{L}\p{M}]+`,
  raw`\p{N}`,
  raw` ?[^${S}\p{L}\p{M}\p{N}]+[\r\n]*`,
  LINES,
  ...SPACES,
);
export const SEED_CODER = cut(SUFFIX, WORD, raw`\p{N}`, raw` ?[^${S}\p{L}\p{N}\r\n]+`, LINES, ...SPACES);
export const BAILING = cut(SUFFIX, WORD, raw`\p{N}`, raw`${SIGNS}[\r\n]*`, raw`${S}*[\r\n]`, ...SPACES);
/**
 * Spaces in powers of two. Where spaces end, no line can end either that had not ended before them: looking for it
 * again after each of them would take the square of their number.
 */
export const JAIS2 = cut(
  ...llama3(THOUSANDS).slice(0, -1),
  raw`(?<![${S}--[\r\n]])${LINES}`,
  ...[512, 256, 128, 64, 32, 16, 8, 4].map((length) => raw`${S}{${length}}(?!\P{White_Space})`),
  raw`${S}{1,2}(?!\P{White_Space})`,
  S,
);
/** A word may be several, one space between them. */
export const EXAONE_MOE = cut(
  SUFFIX,
  raw`${LEAD}\p{L}\p{M}*(?: ?\p{L}\p{M}*)*`,
  raw`\p{N}`,
  raw`${SIGNS}[\r\n\/]?`,
  raw`${S}*[\r\n]`,
  ...SPACES,
);

/** Words that end where small letters are followed by capitals, as GPT-4o's do. */
const camel = (letters: string, numbers: string, suffix: string) => {
  const [capitals, small] = [raw`[${letters}--[a-z]]`, raw`[${letters}--[A-Z]]`];
  const words = [`${LEAD}${capitals}*${small}+${suffix}`, `${LEAD}${capitals}+${small}*${suffix}`];
  return cut(...words, numbers, raw`${SIGNS}[\r\n\/]*`, LINES, ...SPACES);
};
export const TEKKEN = camel(raw`\p{L}`, raw`\p{N}`, '');
export const GPT4O = camel(raw`\p{L}`, THOUSANDS, `(?:${SUFFIX})?`);
export const GRANITE_EMBED = camel(raw`[\p{L}\p{M}]`, THOUSANDS, `(?:${SUFFIX})?`);

/** GPT-4o's classes of letters, all of which that engine reads as any letter. */
const caseless = (numbers: string) =>
  cut(raw`${LEAD}[\p{L}\p{M}]+(?:${SUFFIX})?`, numbers, raw`${SIGNS}[\r\n\/]*`, LINES, ...SPACES);
export const TINY_AYA = caseless(THOUSANDS);
export const YOUTU = caseless(raw`\p{N}`);
export const YOUTU_SCRIPTS = cut(
  raw`[\u{ac00}-\u{d7a3}\u{3131}-\u{318e}]+`,
  raw`[\u{ff01}\u{2026}\u{201c}\u{201d}\u{2018}\u{2019}\u{2014}\u{ff1a}\u{ff1b}\u{ff0c}\u{3001}-\u{303f}\u{fe30}-\u{fe4f}]+`,
  raw`[\u{3105}-\u{312f}]+`,
  raw`[\u{4e00}-\u{9fa5}\u{3040}-\u{30ff}]+`,
);

/** DeepSeek V3's. */
const V3_SIGNS = raw` ?[\p{P}\p{S}]+`;
const V3_WORDS = [raw`[!-\/:-@\[-\u{60}\{-~][A-Za-z]+`, raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`];
export const DEEPSEEK3 = cut(...V3_WORDS, raw`${V3_SIGNS}[\r\n]*`, LINES, ...SPACES);
export const SPARK = cut(...V3_WORDS, V3_SIGNS, raw`[\r\n]`, ...SPACES);
export const HAN_AND_KANA = cut(raw`[\u{4e00}-\u{9fa5}\u{3040}-\u{30ff}]+`);
export const AFMOE_SCRIPTS = cut(
  raw`[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{8c48}-\u{faff}\u{3040}-\u{30ff}\u{ff65}-\u{ff9f}\u{2f00}-\u{2fdf}\u{e40}-\u{eff}\u{1780}-\u{17ff}\u{1000}-\u{109f}\u{aa60}-\u{aa7f}\u{a9e0}-\u{a9ff}\u{ac00}-\u{d7af}\u{1100}-\u{11ff}]+`,
);

const HAN = raw`[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2ebef}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]`;
export const KIMI = cut(
  `${HAN}+`,
  raw`${LEAD}[\p{L}--${HAN}]+(?:${SUFFIX})?`,
  THOUSANDS,
  raw`${SIGNS}[\r\n]*`,
  LINES,
  ...SPACES,
);

export const BLOOM = cut(raw` ?[^\(${S}\|.,!?…。，、।۔،\)]+`);
export const FALCON_SIGNS = cut(raw`[\p{P}$+<=>\^~\|\u{60}]+`);
export const DEFAULT_SIGNS = cut(raw`[\p{P}$+<=>\^~\|]+`);
export const CHAMELEON = [
  cut('<sentinel:[0-9]+>'),
  cut('IMGIMG[A-I]{1,4}Z'),
  cut(raw`[\t\n]`, ' {4}', ' {2}'),
  DIGIT,
  cut(raw`[\p{P}!-\/:-@\[-\u{60}\{-~]`),
];

export const LINE_END = cut(raw`[\r\n]`);
export const SPACED_LETTERS = cut(raw`${S}?\p{L}+`);
export const SPACED_PUNCTUATION = cut(raw`${S}?\p{P}+`);
export const CJK = cut(raw`[[\u{800}-\u{9fa5}\u{ac00}-\u{d7ff}]--${S}]+`);
// Only at the start of a run: from each of its characters the search would take quadratic time
export const TRAILING_SPACE = cut(raw`(?<!${S})${S}+$`);
export const LISTED_PUNCTUATION = cut(
  raw`${S}?[!-\/:-~\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff5e}\u{2018}-\u{201f}\u{3001}\u{3002}]+`,
);
/** The cased letters that DeepSeek LLM's tokenizer lists, range by range. */
export const CASED = cut(
  raw`${S}?[A-Za-z\u{b5}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{1ba}\u{1bc}-\u{1bf}\u{1c4}-\u{293}\u{295}-\u{2af}\u{370}-\u{373}\u{376}\u{377}\u{37b}-\u{37d}\u{37f}\u{386}\u{388}-\u{38a}\u{38c}\u{38e}-\u{3a1}\u{3a3}-\u{3f5}\u{3f7}-\u{481}\u{48a}-\u{52f}\u{531}-\u{556}\u{10a0}-\u{10c5}\u{13a0}-\u{13f5}\u{13f8}-\u{13fd}\u{1c90}-\u{1cba}\u{1cbd}-\u{1cbf}\u{1d00}-\u{1d2b}\u{1d6b}-\u{1d77}\u{1d79}-\u{1d9a}\u{1e00}-\u{1f15}\u{1f18}-\u{1f1d}\u{1f20}-\u{1f45}\u{1f48}-\u{1f4d}\u{1f50}-\u{1f57}\u{1f59}\u{1f5b}\u{1f5d}\u{1f5f}-\u{1f7d}\u{1f80}-\u{1fb4}\u{1fb6}-\u{1fbc}\u{1fbe}\u{1fc2}-\u{1fc4}\u{1fc6}-\u{1fcc}\u{1fd0}-\u{1fd3}\u{1fd6}-\u{1fdb}\u{1fe0}-\u{1fec}\u{1ff2}-\u{1ff4}\u{1ff6}-\u{1ffc}\u{2102}\u{2107}\u{210a}-\u{2113}\u{2115}\u{2119}-\u{211d}\u{2124}\u{2126}\u{2128}\u{212a}-\u{212d}\u{212f}-\u{2134}\u{2139}\u{213c}-\u{213f}\u{2145}-\u{2149}\u{214e}\u{2183}\u{2184}\u{2c00}-\u{2c7b}\u{2c7e}-\u{2ce4}\u{2ceb}-\u{2cee}\u{2cf2}\u{2cf3}\u{a640}-\u{a66d}\u{a680}-\u{a69b}\u{a722}-\u{a76f}\u{a771}-\u{a787}\u{a78b}-\u{a78e}\u{ab70}-\u{abbf}\u{fb00}-\u{fb06}\u{fb13}-\u{fb17}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}]+`,
);
