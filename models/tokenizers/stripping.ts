import type { Metadata } from '../gguf/metadata.ts';

/** Whether a special token takes the white space beside it with it, which then is no token. */
export interface Stripping {
  readonly left: boolean;
  readonly right: boolean;
}

/** Files do not say it; the names of a few families do. The list is llama.cpp's (`llama_vocab`). */
export function readStripping(metadata: Metadata): (tokenText: string) => Stripping {
  const cuts = metadata.string('tokenizer.ggml.pre', '');
  const family = metadata.string('general.architecture', '');
  const name = metadata.string('general.name', '').toLowerCase();
  if (/jina-v2-(de|es|code)/.test(cuts) || /nomic-bert-moe|jina-bert-v3/.test(family))
    return (text) => ({ left: text === '<mask>', right: false });
  if (/phi-?3/.test(name))
    return (text) => ({ left: false, right: !['<unk>', '<s>', '<|endoftext|>'].includes(text) });
  const isModernBert = name.includes('modern-bert');
  return (text) => ({ left: isModernBert && text === '[MASK]', right: false });
}
