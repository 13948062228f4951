import { quoted, unsupportedModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { ByteLevelBpe, readPreTokenizer } from './byte-level-bpe.ts';
import { SentencePiece } from './sentence-piece.ts';
import { SpecialCutter } from './special-cutter.ts';
import { type Scheme, Tokenizer } from './tokenizer.ts';
import { readVocabulary, type Vocabulary } from './vocabulary.ts';
import { WordPiece } from './word-piece.ts';

export type { DecodeOptions, TokenDecoder } from './token-decoder.ts';
export { type EncodeOptions, Tokenizer } from './tokenizer.ts';

/** The tokenizer that the metadata of a model's file describes, or a `ModelError` that names what is not supported. */
export function readTokenizer(metadata: Metadata): Tokenizer {
  const model = metadata.string('tokenizer.ggml.model');
  switch (model) {
    case 'llama': {
      const vocabulary = readVocabulary(metadata, { bos: 1, eos: 2, unk: 0 });
      return assemble(metadata, vocabulary, new SentencePiece(metadata, vocabulary), true);
    }
    case 'gpt2': {
      const vocabulary = readVocabulary(metadata, {});
      const preTokenizer = readPreTokenizer(metadata);
      const scheme = new ByteLevelBpe(metadata, vocabulary, preTokenizer);
      return assemble(metadata, vocabulary, scheme, preTokenizer.addsBos ?? false);
    }
    case 'bert': {
      const vocabulary = readVocabulary(metadata, { bos: 101, unk: 100, sep: 102 });
      const scheme = new WordPiece(metadata, vocabulary);
      const cutter = new SpecialCutter(vocabulary, '');
      const last = vocabulary.roles.sep;
      return new Tokenizer({ vocabulary, scheme, cutter, addBos: true, addEos: true, last });
    }
    default:
      throw unsupportedModel(
        `The model has the tokenizer ${quoted(model)}, and Hearth knows llama (SentencePiece), gpt2 (byte-level BPE) and bert (WordPiece). Choose another model.`,
      );
  }
}

function assemble(metadata: Metadata, vocabulary: Vocabulary, scheme: Scheme, addsBos: boolean): Tokenizer {
  return new Tokenizer({
    vocabulary,
    scheme,
    cutter: new SpecialCutter(vocabulary, metadata.string('general.name', '')),
    addBos: metadata.bool('tokenizer.ggml.add_bos_token', addsBos),
    addEos: metadata.bool('tokenizer.ggml.add_eos_token', false),
    last: vocabulary.roles.eos,
  });
}
