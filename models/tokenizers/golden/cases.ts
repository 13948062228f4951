import { PRE_TOKENIZERS } from '../pre-tokenizers.ts';
import {
  byteVocabulary,
  characterVocabulary,
  type Entries,
  flag,
  rwkvVocabulary,
  scoredVocabulary,
  specialTexts,
  strangeTexts,
  text,
  uint32,
  withSpecials,
} from './samples.ts';

export { digest } from './samples.ts';

const unigram = (prefix: boolean, merges: boolean) =>
  scoredVocabulary('t5', [
    ['tokenizer.ggml.add_space_prefix', flag(prefix)],
    ['tokenizer.ggml.remove_extra_whitespaces', flag(merges)],
  ]);

/** A vocabulary for every way to cut text, and for every kind of tokenizer that can be made without one learnt. */
export function* cases(): Generator<[name: string, entries: Entries]> {
  // What is left between words has spaces, which its merges may not have: it goes with the kind of its name
  for (const [name, { alphabet }] of PRE_TOKENIZERS)
    if (name !== 'whitespace')
      yield [`pre ${name}`, alphabet ? characterVocabulary('gpt2', name) : byteVocabulary(name)];
  yield ['gemma4', characterVocabulary('gemma4', 'default')];
  yield ['whitespace', characterVocabulary('whitespace', 'whitespace')];
  yield ['llama', scoredVocabulary('llama')];
  yield ['rwkv', rwkvVocabulary()];
  yield ['plamo2', scoredVocabulary('plamo2')];
  yield ['t5', unigram(false, false)];
  yield ['t5 with a space before', unigram(true, false)];
  yield ['t5 with spaces merged', unigram(true, true)];
  yield* specialCases();
}

/** Vocabularies whose texts name special tokens, which some families' tokens take white space along with. */
function* specialCases(): Generator<[name: string, entries: Entries]> {
  const named = (name: string): Entries => [['general.name', text(name)]];
  yield ['special', withSpecials(byteVocabulary('gpt-2'))];
  yield ['special of Phi 3', withSpecials(byteVocabulary('gpt-2'), named('My Phi-3'))];
  yield ['special of Jina', withSpecials(byteVocabulary('jina-v2-de'))];
  yield ['special of ModernBERT', withSpecials(byteVocabulary('modern-bert'), named('modern-bert'))];
  yield ['special of Gemma 4', withSpecials(characterVocabulary('gemma4', 'default'))];
  yield ['special of llama', withSpecials(scoredVocabulary('llama'))];
  const noSpace: Entries = [['tokenizer.ggml.add_space_prefix', flag(false)]];
  yield ['special of llama without a space', withSpecials(scoredVocabulary('llama'), noSpace)];
  yield [
    'special of t5',
    withSpecials(unigram(true, true), [['tokenizer.ggml.unknown_token_id', uint32(0)]]),
  ];
  yield ['special of rwkv', withSpecials(rwkvVocabulary())];
  yield ['special of plamo2', withSpecials(scoredVocabulary('plamo2'))];
}

/** The texts of a case, and whether they may name control tokens. */
export function textsOf(name: string, count: number): { texts: string[]; parseSpecial: boolean } {
  const parseSpecial = name.startsWith('special');
  return { texts: parseSpecial ? specialTexts(count) : strangeTexts(count), parseSpecial };
}
