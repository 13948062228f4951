import { PRE_TOKENIZERS } from '../pre-tokenizers.ts';
import {
  byteVocabulary,
  characterVocabulary,
  type Entries,
  flag,
  rwkvVocabulary,
  scoredVocabulary,
} from './samples.ts';

export { digest, strangeTexts } from './samples.ts';

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
}
