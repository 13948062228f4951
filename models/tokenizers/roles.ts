import type { Metadata } from '../gguf/metadata.ts';

/** What a token can be for. */
export type Role = keyof typeof ROLES;
export type Roles = { readonly [R in Role]?: number };

interface RoleTexts {
  /** Metadata that names the token, without `tokenizer.ggml.`; the first that is there counts. */
  readonly keys: readonly string[];
  /** What such a token is called where the file names none. */
  readonly texts: readonly string[];
  readonly endsAnswer?: true;
}

/**
 * Files name few of their special tokens, so the rest are known by their texts. The lists follow llama.cpp
 * (`llama_vocab`), with which files are tested before they are published.
 */
const ROLES = {
  bos: { keys: ['bos_token_id', 'cls_token_id'], texts: [] },
  eos: { keys: ['eos_token_id'], texts: [], endsAnswer: true },
  eot: {
    keys: ['eot_token_id'],
    texts: [
      '<|eot_id|>',
      '<|im_end|>',
      '<|end|>',
      '<end_of_turn>',
      '<|endoftext|>',
      '<|end_of_text|>',
      '<EOT>',
      '_<EOT>',
      '[EOT]',
      '<｜end▁of▁sentence｜>',
      '<end_of_utterance>',
    ],
    endsAnswer: true,
  },
  eom: { keys: ['eom_token_id'], texts: ['<|eom_id|>'], endsAnswer: true },
  unk: { keys: ['unknown_token_id'], texts: [] },
  // The misspelling is the format's
  sep: { keys: ['seperator_token_id'], texts: [] },
  fimPrefix: {
    keys: ['fim_pre_token_id', 'prefix_token_id'],
    texts: [
      '<|fim_prefix|>',
      '<fim-prefix>',
      '<fim_prefix>',
      '<｜fim▁begin｜>',
      '<PRE>',
      '▁<PRE>',
      '<|code_prefix|>',
      '<|prefix|>',
    ],
  },
  fimSuffix: {
    keys: ['fim_suf_token_id', 'suffix_token_id'],
    texts: [
      '<|fim_suffix|>',
      '<fim-suffix>',
      '<fim_suffix>',
      '<｜fim▁hole｜>',
      '<SUF>',
      '▁<SUF>',
      '<|code_suffix|>',
      '<|suffix|>',
    ],
  },
  fimMiddle: {
    keys: ['fim_mid_token_id', 'middle_token_id'],
    texts: [
      '<|fim_middle|>',
      '<fim-middle>',
      '<fim_middle>',
      '<｜fim▁end｜>',
      '<MID>',
      '▁<MID>',
      '<|code_middle|>',
      '<|middle|>',
    ],
  },
  fimPad: {
    keys: ['fim_pad_token_id'],
    texts: ['<|fim_pad|>', '<fim-pad>', '<fim_pad>', '<PAD>', '[PAD]'],
    endsAnswer: true,
  },
  fimRepo: {
    keys: ['fim_rep_token_id'],
    texts: ['<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'],
    endsAnswer: true,
  },
  fimSeparator: { keys: ['fim_sep_token_id'], texts: ['<|file_sep|>'], endsAnswer: true },
} as const satisfies Record<string, RoleTexts>;

/** Tokens that end an answer by their text alone, whatever else the file says. */
const END_TEXTS = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|flush|>',
  '<|calls|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '</s>',
  '<|eom_id|>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '<|end_of_text|>',
  '<end_of_utterance>',
  '<eos>',
  '<turn|>',
  '<|tool_response>',
  '[e~[',
  '<｜end▁of▁sentence｜>',
] as const;

/** Tokens that end no answer of a vocabulary which has all of those others. */
const NOT_THE_END: readonly { text: string; beside: readonly string[] }[] = [
  // Harmony: one message of an answer that may have several
  { text: '<|end|>', beside: ['<|return|>', '<|call|>'] },
  { text: '<|end|>', beside: ['<|flush|>', '<|call|>'] },
  { text: '<|end|>', beside: ['<|flush|>', '<|calls|>'] },
  { text: '<|end|>', beside: ['<|return|>', '<|calls|>'] },
  // Gemma 4: HTML
  { text: '</s>', beside: ['<|tool_response>'] },
];

export interface FoundRoles {
  roles: Roles;
  endIds: Set<number>;
  /** Tokens that are control tokens though the file may not say so. */
  controlIds: Set<number>;
}

/** `defaults` are the ids that a kind of tokenizer has where the file names none. */
export function findRoles(
  metadata: Metadata,
  ids: ReadonlyMap<string, number>,
  tokenCount: number,
  defaults: Roles,
): FoundRoles {
  const isToken = (id: number | undefined) => id !== undefined && id >= 0 && id < tokenCount;
  const endIds = new Set<number>();
  const controlIds = new Set<number>();
  const roles: { [R in Role]?: number } = {};

  for (const [role, { keys, texts, endsAnswer }] of Object.entries<RoleTexts>(ROLES) as [Role, RoleTexts][]) {
    const named = [
      ...keys.map((key) => metadata.integer(`tokenizer.ggml.${key}`, undefined)),
      defaults[role],
    ].find(isToken);
    const byText = texts.map((text) => ids.get(text)).find(isToken);
    const id = named ?? byText;
    if (id === undefined) continue;

    roles[role] = id;
    if (named === undefined) controlIds.add(id);
    if (endsAnswer) endIds.add(id);
  }
  for (const text of END_TEXTS) {
    const id = ids.get(text);
    if (id === undefined) continue;
    endIds.add(id);
    controlIds.add(id);
  }
  for (const { text, beside } of NOT_THE_END)
    if (beside.every((other) => ids.has(other))) endIds.delete(ids.get(text) ?? -1);
  return { roles, endIds, controlIds };
}
