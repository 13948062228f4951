// Vocabularies that are made, not learnt, and texts that are strange: what the judge and the tests both read.
import type { GgufValue } from '../../gguf/values.ts';
import { BYTE_CHARS } from '../byte-chars.ts';
import { byteToken } from '../byte-tokens.ts';

export type Entries = [key: string, value: GgufValue][];

const NORMAL = 1;
const CONTROL = 3;
const USER = 4;
const BYTE = 6;

const utf8 = new TextEncoder();
export const strings = (value: string[]): GgufValue => ({ type: 'array', of: 'string', value });
export const text = (value: string): GgufValue => ({ type: 'string', value });
export const flag = (value: boolean): GgufValue => ({ type: 'bool', value });
export const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
export const int32s = (value: number[]): GgufValue => ({
  type: 'array',
  of: 'int32',
  value: Int32Array.from(value),
});
export const floats = (value: number[]): GgufValue => ({
  type: 'array',
  of: 'float32',
  value: Float32Array.from(value),
});

/** Whole numbers below `limit`, the same ones for the same seed (Marsaglia's xorshift). */
export function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function shuffled<T>(items: readonly T[], roll: (limit: number) => number): T[] {
  const rest = [...items];
  for (let i = rest.length - 1; i > 0; i--) {
    const j = roll(i + 1);
    [rest[i], rest[j]] = [rest[j]!, rest[i]!];
  }
  return rest;
}

const bytesSpelt = (word: string) => Array.from(utf8.encode(word), (byte) => BYTE_CHARS[byte]!).join('');

/** Words that no merge makes: only those tokenizers find them that take whole words. */
const WHOLE = [
  ' the',
  'ing',
  '123',
  '   ',
  '\n\n\n',
  "'ll",
  'été',
  '日本',
  '!!!',
  'ABC',
  'words',
  ' 12',
  'की',
];

/**
 * Every other pair of symbols is a merge, in any order: wherever a text is cut otherwise, some pair is missing or
 * merged before another, so that the tokens tell the cuts.
 */
function everyOtherPair(symbols: readonly string[]): string[] {
  const roll = dice(11);
  const pairs = symbols.flatMap((left) => symbols.map((right) => `${left} ${right}`));
  return shuffled(
    pairs.filter(() => roll(2) === 0),
    roll,
  );
}

const merged = (merges: readonly string[]) => merges.map((merge) => merge.replace(' ', ''));

function vocabulary(model: string, tokens: readonly (readonly [string, number])[], more: Entries): Entries {
  const kinds = new Map(tokens);
  return [
    ['general.architecture', text('llama')],
    ['tokenizer.ggml.model', text(model)],
    ['tokenizer.ggml.tokens', strings([...kinds.keys()])],
    ['tokenizer.ggml.token_type', int32s([...kinds.values()])],
    ...more,
  ];
}

const ROLES: readonly (readonly [string, number])[] = [
  ['<s>', CONTROL],
  ['</s>', CONTROL],
];
const BOS: Entries = [
  ['tokenizer.ggml.bos_token_id', uint32(0)],
  ['tokenizer.ggml.eos_token_id', uint32(1)],
];

const BYTE_MERGES = everyOtherPair(BYTE_CHARS);

/** A byte-level BPE that is cut as `pre` says. */
export function byteVocabulary(pre: string): Entries {
  const merges = BYTE_MERGES;
  const texts = [...BYTE_CHARS, ...merged(merges), ...WHOLE.map(bytesSpelt)];
  return vocabulary(
    'gpt2',
    [...ROLES, ...texts.map((token) => [token, NORMAL] as const)],
    [...BOS, ['tokenizer.ggml.pre', text(pre)], ['tokenizer.ggml.merges', strings(merges)]],
  );
}

const LETTERS = [
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?\'"-▁\néß日本語かなक',
  '한',
];

/** A BPE of characters, with byte tokens for all others. */
export function characterVocabulary(model: string, pre: string): Entries {
  const merges = everyOtherPair(LETTERS.filter((letter) => letter !== '\n'));
  const bytes = Array.from({ length: 256 }, (_, byte) => [byteToken(byte), BYTE] as const);
  const texts = [...LETTERS, ...merged(merges), '\n\n', '\n\n\n', '▁▁▁▁', 'hello'];
  return vocabulary(
    model,
    [...ROLES, ...bytes, ...texts.map((token) => [token, NORMAL] as const)],
    [...BOS, ['tokenizer.ggml.pre', text(pre)], ['tokenizer.ggml.merges', strings(merges)]],
  );
}

/** Tokens of one to four of these, with scores, for tokenizers that go by scores. */
export function scoredVocabulary(model: string, more: Entries = [], letters = LETTERS): Entries {
  const roll = dice(17);
  const made = Array.from({ length: 3000 }, () =>
    Array.from({ length: 2 + roll(3) }, () => letters[roll(letters.length)]!).join(''),
  );
  const bytes = Array.from({ length: 256 }, (_, byte) => [byteToken(byte), BYTE] as const);
  const texts = [...new Set([...letters, ...made])];
  const tokens = [
    ['<unk>', 2] as const,
    ...ROLES,
    ...(model === 't5' ? [] : bytes),
    ...texts.map((token) => [token, NORMAL] as const),
  ];
  const scores = tokens.map(([, kind]) => (kind === NORMAL ? -(1 + roll(900)) / 64 : 0));
  return vocabulary(model, tokens, [['tokenizer.ggml.scores', floats(scores)], ...more]);
}

/** RWKV's: any bytes, escaped as its files have them. */
export function rwkvVocabulary(): Entries {
  const roll = dice(23);
  const escaped = (bytes: readonly number[]) =>
    bytes
      .map((byte) => {
        if (byte === 0x0a) return '\\n';
        if (byte === 0x09) return '\\t';
        if (byte === 0x5c) return '\\\\';
        return byte >= 0x20 && byte < 0x7f
          ? String.fromCharCode(byte)
          : `\\x${byte.toString(16).padStart(2, '0')}`;
      })
      .join('');
  const singles = Array.from({ length: 256 }, (_, byte) => escaped([byte]));
  const alphabet = utf8.encode('abcdefghijklmnopqrstuvwxyz THE.,\n\\日本éß');
  const made = Array.from({ length: 3000 }, () =>
    escaped(Array.from({ length: 2 + roll(2) }, () => alphabet[roll(alphabet.length)]!)),
  );
  const tokens = [...new Set([...singles, ...made, 'é日', '日本語'])];
  return vocabulary('rwkv', [['<s>', CONTROL], ...tokens.map((token) => [token, NORMAL] as const)], []);
}

const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xa0, 0x17f],
  [0x300, 0x36f],
  [0x391, 0x3c9],
  [0x410, 0x44f],
  [0x5d0, 0x5ea],
  [0x620, 0x652],
  [0x905, 0x94d],
  [0xe01, 0xe3a],
  [0xe40, 0xe4e],
  [0x1100, 0x11ff],
  [0x2000, 0x206f],
  [0x2150, 0x218b],
  [0x2600, 0x26ff],
  [0x3000, 0x30ff],
  [0x3105, 0x318e],
  [0x4e00, 0x4eff],
  [0x9f90, 0x9fff],
  [0xac00, 0xac80],
  [0xf900, 0xf920],
  [0xfe30, 0xfe4f],
  [0xff01, 0xff9f],
  [0x1f300, 0x1f64f],
  [0x20000, 0x20020],
  [0x1d7ce, 0x1d7ff],
  [0xe000, 0xe010],
  [0x378, 0x379],
];
const PIECES = [
  ...[
    "'s",
    "'T",
    "'re",
    "'VE",
    "'ll",
    "'Ll",
    "'d",
    "'M",
    "I'm",
    "we'Ve",
    "'é",
    "''s",
    'camelCase',
    'HTTPServer',
    'éÉ',
  ],
  ...[
    '1',
    '12',
    '123',
    '1234',
    '12345',
    '1234567',
    '1a2',
    '3.14',
    '1,000,000',
    '٣٤٥٦',
    '½1234',
    '123x',
    '²',
    '１２３４',
  ],
  ...[
    ' ',
    '  ',
    '   ',
    '      ',
    '\t',
    '\n',
    '\r\n',
    '\n\n\n',
    ' \n ',
    '\r',
    '\u00a0',
    '\u3000',
    '\u2009',
    '\u0085',
    '\u200b',
  ],
  ...[
    '日本語',
    'かな',
    'カナ',
    '中文。',
    '，',
    '한국어',
    'ㄅㄆ',
    'ㄱㄴ',
    'ภาษาไทย',
    'हिन्दी',
    'عربي',
    'שלום',
    'İı',
    'ǅ',
  ],
  ...[
    '👨‍👩‍👧',
    '🇩🇪',
    '👍🏽',
    'e\u0301',
    '\u0301',
    '\ufeff',
    '\ud800',
    '\udc00',
    '\u0000',
    '\u0007',
    '￿',
    '𝟛𝟜',
  ],
  ...[
    '...',
    '!!!',
    '~~',
    '~',
    ' ~/',
    '$5',
    '#!/',
    '((',
    ')',
    '|',
    '`',
    '```',
    '^',
    '_',
    '__init__',
    '<=',
    '=>',
    '\\n',
    '/',
    '//\n',
  ],
  ...[
    '<sentinel:12>',
    'IMGIMGABCZ',
    '…',
    '—',
    '“',
    '”',
    '।',
    '۔',
    '、',
    'a b c',
    'hello',
    'the',
    ' the',
    'ing',
  ],
];

/** Texts in which anything may stand beside anything. */
export function strangeTexts(count: number): string[] {
  const roll = dice(29);
  const piece = () => {
    if (roll(3) > 0) return PIECES[roll(PIECES.length)]!;
    const [first, last] = RANGES[roll(RANGES.length)]!;
    return Array.from({ length: 1 + roll(3) }, () =>
      String.fromCodePoint(first + roll(last - first + 1)),
    ).join('');
  };
  return Array.from({ length: count }, () => Array.from({ length: 1 + roll(14) }, piece).join(''));
}

const SPECIALS: readonly (readonly [string, number])[] = [
  ['<unk>', 2],
  ...['<|x|>', '<|x|>>', '<mask>', '[MASK]', '<|endoftext|>'].map((token) => [token, CONTROL] as const),
  ...['[U]', '  '].map((token) => [token, USER] as const),
];

/** The vocabulary with tokens of every kind that texts may name, and more entries. */
export function withSpecials(entries: Entries, more: Entries = []): Entries {
  const all = new Map(entries);
  const tokens = all.get('tokenizer.ggml.tokens')!.value as readonly string[];
  const added = SPECIALS.filter(([token]) => !tokens.includes(token));
  const longer = (key: string, values: number[]) => [...(all.get(key)!.value as Iterable<number>), ...values];
  all.set('tokenizer.ggml.tokens', strings([...tokens, ...added.map(([token]) => token)]));
  const kinds = longer(
    'tokenizer.ggml.token_type',
    added.map(([, kind]) => kind),
  );
  all.set('tokenizer.ggml.token_type', int32s(kinds));
  if (all.has('tokenizer.ggml.scores'))
    all.set(
      'tokenizer.ggml.scores',
      floats(
        longer(
          'tokenizer.ggml.scores',
          added.map(() => 0),
        ),
      ),
    );
  return [...all, ...more];
}

/** Texts in which special tokens and white space stand side by side. */
export function specialTexts(count: number): string[] {
  const roll = dice(31);
  const pieces = [...SPECIALS.map(([token]) => token), '<s>', ' ', ' ', '\n', '\t', 'a', 'the', '1', 'é'];
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + roll(9) }, () => pieces[roll(pieces.length)]!).join(''),
  );
}

/** A short name for a row of ids (FNV-1a of 32 bits), so that many fit a golden file. */
export function digest(ids: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(ids.join())) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(36);
}
