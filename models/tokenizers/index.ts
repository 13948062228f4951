import { quoted, unsupportedModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { Bpe, readPreTokenizer } from './bpe.ts';
import { Plamo2 } from './plamo2.ts';
import type { Role, Roles } from './roles.ts';
import { Rwkv } from './rwkv.ts';
import { SentencePiece } from './sentence-piece.ts';
import { SpecialCutter } from './special-cutter.ts';
import { type Scheme, Tokenizer } from './tokenizer.ts';
import { Unigram } from './unigram.ts';
import { readVocabulary, type Vocabulary } from './vocabulary.ts';
import { Whitespace } from './whitespace.ts';
import { WordPiece } from './word-piece.ts';

export type { DecodeOptions, TokenDecoder } from './token-decoder.ts';
export { type EncodeOptions, Tokenizer } from './tokenizer.ts';

/** A value of `tokenizer.ggml.model`. */
interface Kind {
  readonly about: string;
  /** Ids where the file names none. */
  readonly roles: Roles;
  scheme(metadata: Metadata, vocabulary: Vocabulary): Scheme;
  /** What stands at the ends of a text, unless the file says otherwise; `always` even if it does. */
  bos(metadata: Metadata): boolean | 'always';
  readonly eos: boolean | 'always';
  /** What ends a text, if not EOS. */
  readonly last?: Role;
  /** Decoding takes away the spaces that words were given before their punctuation. */
  readonly cleansSpaces?: true;
}

const bpe = (metadata: Metadata, vocabulary: Vocabulary) =>
  new Bpe(metadata, vocabulary, readPreTokenizer(metadata));
const bosOfPreTokenizer = (metadata: Metadata) => readPreTokenizer(metadata).addsBos ?? false;
const never = () => false;

const KINDS: Readonly<Record<string, Kind>> = {
  llama: {
    about: 'SentencePiece',
    roles: { bos: 1, eos: 2, unk: 0 },
    scheme: (metadata, vocabulary) => new SentencePiece(metadata, vocabulary),
    bos: () => true,
    eos: false,
  },
  gpt2: { about: 'byte-level BPE', roles: {}, scheme: bpe, bos: bosOfPreTokenizer, eos: false },
  gemma4: {
    about: "Gemma 4's BPE",
    roles: {},
    scheme: bpe,
    bos: bosOfPreTokenizer,
    eos: false,
  },
  whitespace: {
    about: 'BPE of words without their spaces',
    roles: {},
    scheme: (metadata, vocabulary) => new Whitespace(metadata, bpe(metadata, vocabulary)),
    bos: bosOfPreTokenizer,
    eos: false,
  },
  bert: {
    about: 'WordPiece',
    roles: { bos: 101, unk: 100, sep: 102 },
    scheme: (metadata, vocabulary) => new WordPiece(metadata, vocabulary),
    bos: () => 'always',
    eos: 'always',
    last: 'sep',
    cleansSpaces: true,
  },
  t5: {
    about: 'unigram',
    roles: { eos: 1, unk: 2 },
    scheme: (metadata, vocabulary) => new Unigram(metadata, vocabulary),
    bos: never,
    eos: true,
  },
  rwkv: {
    about: 'RWKV World',
    roles: {},
    scheme: (_, vocabulary) => new Rwkv(vocabulary),
    bos: never,
    eos: false,
  },
  plamo2: {
    about: 'PLaMo 2',
    roles: { bos: 1, eos: 2, unk: 0 },
    scheme: (metadata, vocabulary) => new Plamo2(metadata, vocabulary),
    bos: never,
    eos: false,
  },
};

/** The tokenizer that the metadata of a model's file describes, or a `ModelError` that names what is not supported. */
export function readTokenizer(metadata: Metadata): Tokenizer {
  const name = metadata.string('tokenizer.ggml.model');
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name]! : refuse(name);
  const vocabulary = readVocabulary(metadata, kind.roles);
  const adds = (key: string, usual: boolean | 'always') =>
    usual === 'always' || metadata.bool(`tokenizer.ggml.${key}`, usual);
  return new Tokenizer({
    vocabulary,
    scheme: kind.scheme(metadata, vocabulary),
    cutter: new SpecialCutter(vocabulary, metadata),
    addBos: adds('add_bos_token', kind.bos(metadata)),
    addEos: adds('add_eos_token', kind.eos),
    last: vocabulary.roles[kind.last ?? 'eos'],
    cleansSpaces: kind.cleansSpaces ?? false,
  });
}

function refuse(name: string): never {
  const known = Object.entries(KINDS).map(([kind, { about }]) => `${kind} (${about})`);
  throw unsupportedModel(
    `The model has the tokenizer ${quoted(name)}, and Hearth knows ${known.join(', ')}. Choose another model.`,
  );
}
