import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../errors.ts';
import { Metadata } from '../gguf/metadata.ts';
import type { GgufValue } from '../gguf/values.ts';
import { byteToken } from './byte-tokens.ts';
import { cleanSpaces } from './clean-spaces.ts';
import { readTokenizer, type Tokenizer } from './index.ts';
import { PairTable } from './pair-table.ts';
import { cutWords, PRE_TOKENIZERS } from './pre-tokenizers.ts';

const NORMAL = 1;
const CONTROL = 3;
const USER = 4;
const BYTE = 6;

interface Vocabulary {
  model?: string;
  pre?: string;
  tokens: readonly (string | [text: string, type: number])[];
  scores?: number[];
  merges?: string[];
  more?: Record<string, GgufValue>;
}

function tokenizerOf({
  model = 'gpt2',
  pre = 'gpt-2',
  tokens,
  scores,
  merges = [],
  more = {},
}: Vocabulary): Tokenizer {
  const pairs = tokens.map((token) => (typeof token === 'string' ? ([token, NORMAL] as const) : token));
  const entries: Record<string, GgufValue> = {
    'tokenizer.ggml.model': { type: 'string', value: model },
    'tokenizer.ggml.pre': { type: 'string', value: pre },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: pairs.map(([text]) => text) },
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: Int32Array.from(pairs, ([, type]) => type),
    },
    'tokenizer.ggml.merges': { type: 'array', of: 'string', value: merges },
    ...(scores && {
      'tokenizer.ggml.scores': { type: 'array', of: 'float32', value: Float32Array.from(scores) },
    }),
    ...more,
  };
  return readTokenizer(new Metadata(new Map(Object.entries(entries))));
}

/** Joins as the definitions say it: look at all neighbours, join the best and leftmost, begin again. */
function joinPlainly(symbols: string[], rank: (left: string, right: string) => number): string[] {
  const row = [...symbols];
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < row.length; i++) {
      const here = rank(row[i]!, row[i + 1]!);
      if (here < bestRank) [best, bestRank] = [i, here];
    }
    if (best < 0) return row;
    row.splice(best, 2, row[best]! + row[best + 1]!);
  }
}

describe('byte-level BPE', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
  const merges = fc.uniqueArray(fc.tuple(piece, piece), {
    selector: (pair) => pair.join(' '),
    maxLength: 30,
  });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });

  test('joins the pair that was learnt first, the leftmost of equals', () => {
    fc.assert(
      fc.property(merges, text, (pairs, word) => {
        const tokens = [...new Set(['a', 'b', 'c', ...pairs.map(([left, right]) => left + right)])];
        const tokenizer = tokenizerOf({ tokens, merges: pairs.map((pair) => pair.join(' ')) });
        const order = new Map(pairs.map((pair, rank) => [pair.join(' '), rank]));
        const expected = joinPlainly([...word], (left, right) => order.get(`${left} ${right}`) ?? Infinity);
        expect(tokenizer.encode(word).map((id) => tokenizer.tokenText(id))).toEqual(expected);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('takes the first of two merges of the same pair', () => {
    const tokenizer = tokenizerOf({ tokens: ['a', 'b', 'c', 'ab', 'bc'], merges: ['a b', 'b c', 'a b'] });
    expect(tokenizer.encode('abc')).toEqual([3, 2]);
  });

  test('lets a merge that is no token fall apart', () => {
    const tokenizer = tokenizerOf({ tokens: ['a', 'b', 'c', 'abc'], merges: ['a b', 'b c'] });
    expect(tokenizer.encode('ab')).toEqual([0, 1]);
  });

  test('takes a word that is a token whole only where the model does', () => {
    const tokens = ['a', 'b', 'c', 'ab', 'abc'];
    const merges = ['b c', 'a b'];
    expect(tokenizerOf({ tokens, merges, pre: 'smaug-bpe' }).encode('abc')).toEqual([0, 1, 2]);
    expect(tokenizerOf({ tokens, merges, pre: 'llama-bpe' }).encode('abc')).toEqual([4]);
  });

  test('spells a space as Ġ and gives it back', () => {
    const tokenizer = tokenizerOf({ tokens: ['Ġ', 'a', 'Ġa'], merges: ['Ġ a'] });
    expect(tokenizer.encode('a a')).toEqual([1, 2]);
    expect(tokenizer.decode([1, 2])).toBe('a a');
  });
});

describe('SentencePiece', () => {
  const tokens: Vocabulary['tokens'] = [
    ['<unk>', 2],
    ['<s>', CONTROL],
    ['</s>', CONTROL],
    ['<0xC3>', BYTE],
    ['<0xA9>', BYTE],
    ...['▁', 'a', 'b', 'ab', '▁a', 'ba', '▁ab', '[X]'].map((text): [string, number] => [
      text,
      text === '[X]' ? USER : NORMAL,
    ]),
  ];
  const scores = [0, 0, 0, 0, 0, -9, -8, -7, -2, -3, -2, -1, 0];
  const spm = (more: Vocabulary['more'] = {}) => tokenizerOf({ model: 'llama', tokens, scores, more });
  const texts = (tokenizer: Tokenizer, ids: number[]) => ids.map((id) => tokenizer.tokenText(id));

  test('joins what makes the token of the highest score, the leftmost of equals', () => {
    const score = new Map(
      tokens.map((token, id) => [typeof token === 'string' ? token : token[0], scores[id]!]),
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 30 });
    fc.assert(
      fc.property(text, (word) => {
        const tokenizer = spm();
        const expected = joinPlainly(
          [...` ${word}`.replaceAll(' ', '▁')],
          (left, right) => -(score.get(left + right) ?? -Infinity),
        );
        expect(texts(tokenizer, tokenizer.encode(word))).toEqual(word === '' ? [] : expected);
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  test('joins over the beginnings of words where a token does', () => {
    const tokenizer = tokenizerOf({
      model: 'llama',
      tokens: ['<unk>', '▁', 'a', 'a▁'],
      scores: [0, -3, -2, -1],
    });
    expect(tokenizer.encode('a a')).toEqual([1, 3, 2]);
  });

  test('spells what it does not know in bytes, and those it has no token for as unknown', () => {
    const tokenizer = spm();
    expect(texts(tokenizer, tokenizer.encode('é'))).toEqual(['▁', '<0xC3>', '<0xA9>']);
    expect(texts(tokenizer, tokenizer.encode('ö'))).toEqual(['▁', '<0xC3>', '<unk>']);
  });

  test('puts a space before a text and after a special token, and takes them away again', () => {
    const tokenizer = spm();
    const ids = tokenizer.encode('ab[X]ab</s>a', { parseSpecial: true });
    expect(texts(tokenizer, ids)).toEqual(['▁ab', '[X]', '▁ab', '</s>', '▁a']);
    expect(tokenizer.decode(ids, { showSpecial: true })).toBe('ab[X]ab</s>a');
    expect(tokenizer.decode(ids)).toBe('ab[X]aba');
    expect(
      texts(
        tokenizer,
        spm({ 'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false } }).encode('ab'),
      ),
    ).toEqual(['ab']);
  });

  test('keeps the space of a text that follows another', () => {
    const tokenizer = spm();
    expect(tokenizer.decode([9])).toBe('a');
    expect(tokenizer.decode([9], { previous: 6 })).toBe(' a');
    expect(tokenizer.decode([9], { previous: tokenizer.bosId })).toBe('a');
  });
});

describe('special tokens', () => {
  const tokens: Vocabulary['tokens'] = [
    'a',
    '<',
    '|',
    '>',
    ['<|a|>', CONTROL],
    ['<|a|>>', CONTROL],
    ['a|', USER],
  ];

  test('are text unless a text may name them', () => {
    const tokenizer = tokenizerOf({ tokens });
    expect(tokenizer.encode('<|>')).toEqual([1, 2, 3]);
    expect(tokenizer.encode('<<|a|>>')).toEqual([1, 1, 2, 6, 3, 3]);
    expect(tokenizer.encode('<<|a|>>', { parseSpecial: true })).toEqual([1, 5]);
  });

  test('that users defined are always cut out', () => {
    expect(tokenizerOf({ tokens }).encode('a|a')).toEqual([6, 0]);
  });

  test('are text in what was guarded, however they overlap, and tokens around it', () => {
    const control = tokenizerOf({ tokens: ['<', '|', 'a', '>', ['<|a|>', CONTROL], ['a>a', CONTROL]] });
    const letters = fc.string({ unit: fc.constantFrom('<', '|', 'a', '>', '<|a|>', 'a>a>a', '\u{fdd0}') });
    fc.assert(
      fc.property(letters, (text) => {
        const guarded = control.encode(`<|a|>${control.guard(text)}<|a|>`, {
          parseSpecial: true,
          isGuarded: true,
        });
        expect(guarded).toEqual([4, ...control.encode(text.replaceAll('\u{fdd0}', '')), 4]);
      }),
      { seed: 3 },
    );
  });

  test('stand at the ends of a prompt where the model wants them and they are asked for', () => {
    const more: Record<string, GgufValue> = {
      'tokenizer.ggml.bos_token_id': { type: 'uint32', value: 4 },
      'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 5 },
      'tokenizer.ggml.add_eos_token': { type: 'bool', value: true },
    };
    expect(tokenizerOf({ tokens, more }).encode('a', { addSpecial: true })).toEqual([0, 5]);
    expect(tokenizerOf({ tokens, more, pre: 'llama-bpe' }).encode('a', { addSpecial: true })).toEqual([
      4, 0, 5,
    ]);
    expect(tokenizerOf({ tokens, more, pre: 'llama-bpe' }).encode('a')).toEqual([0]);
  });

  test('end an answer if the file says so or if they are called so', () => {
    const tokenizer = tokenizerOf({
      tokens: ['a', '<|im_end|>', '<|endoftext|>', ['stop', CONTROL]],
      more: { 'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 3 } },
    });
    expect([...tokenizer.endIds].sort()).toEqual([1, 2, 3]);
    expect(tokenizer.eotId).toBe(1);
    expect(tokenizer.kind(1)).toBe('control');
  });

  test('of some families take the white space beside them along', () => {
    const more = (entries: Record<string, string>): Record<string, GgufValue> =>
      Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { type: 'string', value }]));
    const read = (text: string, entries: Record<string, string>, pre = 'gpt-2') => {
      const special: Vocabulary['tokens'] = [
        'Ġ',
        'a',
        ['<mask>', CONTROL],
        ['[MASK]', CONTROL],
        ['<s>', CONTROL],
      ];
      const tokenizer = tokenizerOf({ tokens: special, pre, more: more(entries) });
      return tokenizer.encode(text, { parseSpecial: true }).map((id) => tokenizer.tokenText(id));
    };
    expect(read('a  <mask> a', {})).toEqual(['a', 'Ġ', 'Ġ', '<mask>', 'Ġ', 'a']);
    expect(read('a  <mask> a', {}, 'jina-v2-de')).toEqual(['a', '<mask>', 'Ġ', 'a']);
    expect(read('a  [MASK] a', { 'general.name': 'A modern-bert' })).toEqual(['a', '[MASK]', 'Ġ', 'a']);
    expect(read('a <mask>  a<s> a', { 'general.name': 'Phi-3' })).toEqual([
      'a',
      'Ġ',
      '<mask>',
      'a',
      '<s>',
      'Ġ',
      'a',
    ]);
  });

  test('that end one message of several do not end the answer', () => {
    const harmony = tokenizerOf({ tokens: ['<|end|>', '<|return|>', '<|call|>'] });
    expect([...harmony.endIds]).toEqual([1, 2]);
    expect([...tokenizerOf({ tokens: ['<|end|>', '<|return|>'] }).endIds].sort()).toEqual([0, 1]);
  });

  test('are text to every kind of tokenizer unless a text may name them', () => {
    const bytes = Array.from({ length: 256 }, (_, byte): [string, number] => [byteToken(byte), BYTE]);
    const letters = [...'<s>ab'];
    const all: Vocabulary['tokens'] = [['<s>', CONTROL], ...bytes, ...new Set(letters)];
    for (const model of ['llama', 't5', 'rwkv', 'plamo2']) {
      const scores = all.map((token) => (typeof token === 'string' ? -1 : 0));
      const tokenizer = tokenizerOf({ model, tokens: all, scores });
      const texts = tokenizer.encode('a<s>').map((id) => tokenizer.tokenText(id));
      expect(
        texts.filter((text) => text !== '▁' && !text.startsWith('<0x')),
        model,
      ).toEqual(['a', '<', 's', '>']);
      expect(tokenizer.encode('a<s>', { parseSpecial: true }).at(-1), model).toBe(0);
    }
  });

  test('outside the vocabulary do not count', () => {
    const more: Record<string, GgufValue> = { 'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 99 } };
    expect(tokenizerOf({ tokens, more }).eosId).toBeUndefined();
  });
});

describe('RWKV', () => {
  const tokenizer = tokenizerOf({
    model: 'rwkv',
    tokens: ['a', 'b', 'ab', '\\n', '\\xe6\\x97', '\\xa5', '\\\\n'],
  });

  test('takes the longest token, byte by byte', () => {
    expect(tokenizer.encode('aba\n\\n日')).toEqual([2, 0, 3, 6, 4, 5]);
    expect(tokenizer.decode([2, 0, 3, 6, 4, 5])).toBe('aba\n\\n日');
  });
});

describe('PLaMo 2', () => {
  test('takes the row of the best score, and of equals the longest tokens', () => {
    const bytes = Array.from({ length: 256 }, (_, byte): [string, number] => [byteToken(byte), BYTE]);
    const words = ['a', 'b', 'ab', 'bc', 'c', 'cc'];
    const scores = [...bytes.map(() => 0), -1, -1, -2, -1, -3, -9];
    const tokenizer = tokenizerOf({ model: 'plamo2', tokens: [...bytes, ...words], scores });
    const read = (text: string) => tokenizer.encode(text).map((id) => tokenizer.tokenText(id));
    expect(read('abc')).toEqual(['a', 'bc']);
    expect(read('ab')).toEqual(['ab']);
    expect(read('\ufeffcc')).toEqual(['c', 'c']);
    expect(read('é')).toEqual(['<0xC3>', '<0xA9>']);
    expect(tokenizer.decode(tokenizer.encode('aé日c'))).toBe('aé日c');
  });

  test('without its byte tokens is refused', () => {
    expect(() => tokenizerOf({ model: 'plamo2', tokens: ['a'] })).toThrow(/lacks the token <0x00>/);
  });
});

test('punctuation of words that were taken apart joins them again', () => {
  const text = "it ' s fine , they ' re \u0022 here \u0022 . don ' t !";
  expect(cleanSpaces(text)).toBe("it's fine, they're \u0022 here \u0022. don't!");
});

describe('text from tokens as they come', () => {
  const tokens: Vocabulary['tokens'] = [
    ...Array.from({ length: 256 }, (_, byte): [string, number] => [
      `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      BYTE,
    ]),
    ['<s>', CONTROL],
  ];
  const tokenizer = tokenizerOf({ model: 'llama', tokens, scores: new Array(tokens.length).fill(0) });

  test('is final, whole, and all there', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const decoder = tokenizer.decoder();
        let shown = '';
        for (const byte of new TextEncoder().encode(text)) {
          shown += decoder.push(byte);
          expect(text.startsWith(shown)).toBe(true);
        }
        expect(shown + decoder.end()).toBe(text);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  test('shows broken characters as such, and nothing for what is no token', () => {
    expect(tokenizer.decode([0x41, 0xc3, 0x42, 0xf0, 0x9f])).toBe('A\ufffdB\ufffd');
    expect(tokenizer.decode([0x41, 999_999, -1, 256, 0x42])).toBe('AB');
  });

  test('keeps a byte order mark, which is text here', () => {
    expect(tokenizer.decode([0xef, 0xbb, 0xbf, 0x41])).toBe('\ufeffA');
  });
});

describe('a lone surrogate', () => {
  test('becomes the replacement character', () => {
    const tokenizer = tokenizerOf({ tokens: ['ï', '¿', '½', 'ï¿', 'ï¿½'], merges: ['ï ¿', 'ï¿ ½'] });
    expect(tokenizer.encode('\ud800')).toEqual(tokenizer.encode('\ufffd'));
    expect(tokenizer.encode('\ufffd')).toEqual([4]);
  });
});

test.each([...PRE_TOKENIZERS])('cutting as %s loses nothing', (_, preTokenizer) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' }), (strange, plain) => {
      const text = `${strange} ${plain}\n${strange}`;
      const words = cutWords(text, preTokenizer);
      expect(words.join('')).toBe(text);
      expect(words).not.toContain('');
    }),
    { numRuns: 50, seed: 6 },
  );
});

test('a pair table grows and forgets without a wrong answer', () => {
  const find = (left: number, right: number) => ({ rank: left * 1000 + right, merged: left + right });
  const table = new PairTable(find);
  for (let i = 0; i < 700_000; i++) {
    const [left, right] = [i % 1000, Math.floor(i / 997)];
    if (table.rank(left, right) !== left * 1000 + right || table.merged(left, right) !== left + right)
      expect.fail(`${left} ${right}`);
  }
});

describe('a model that is not understood is refused by name', () => {
  test.each<{ why: string; vocabulary: Vocabulary; says: string; code: string }>([
    {
      why: 'another tokenizer',
      vocabulary: { model: 'hybriddna', tokens: ['a'] },
      says: '"hybriddna"',
      code: 'unsupported-model',
    },
    {
      why: 'another way to cut',
      vocabulary: { pre: 'mystery', tokens: ['a'] },
      says: '"mystery"',
      code: 'unsupported-model',
    },
    { why: 'no tokens', vocabulary: { tokens: [] }, says: 'empty vocabulary', code: 'bad-model' },
    {
      why: 'too few scores',
      vocabulary: { model: 'llama', tokens: ['a', 'b'], scores: [1] },
      says: 'score',
      code: 'bad-model',
    },
    {
      why: 'too few types',
      vocabulary: {
        tokens: ['a', 'b'],
        more: { 'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: Int32Array.of(1) } },
      },
      says: 'have a type',
      code: 'bad-model',
    },
    {
      why: 'merges that are no texts',
      vocabulary: { tokens: ['a'], more: { 'tokenizer.ggml.merges': { type: 'uint8', value: 1 } } },
      says: 'tokenizer.ggml.merges',
      code: 'bad-model',
    },
  ])('$why', ({ vocabulary, says, code }) => {
    const open = () => tokenizerOf(vocabulary);
    expect(open).toThrow(ModelError);
    expect(open).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
  });
});
