import { quoted, unsupportedModel } from './errors.ts';
import type { Metadata } from './gguf/metadata.ts';

/** How today's blocks are laid out; files of 2023 may have those of version 1. */
const QUANTISATION_VERSION = 2;

/** Refuses what is no model, or has other blocks than those whose types it names. */
export function checkGeneral(metadata: Metadata): void {
  const kind = metadata.string('general.type', 'model');
  if (kind !== 'model')
    throw unsupportedModel(
      `The file's "general.type" is ${quoted(kind)}, and what Hearth computes is a "model". Choose the model's own file${kind === 'adapter' ? ' and load the adapter beside it' : ''}.`,
    );
  const version = metadata.integer('general.quantization_version', QUANTISATION_VERSION);
  if (version !== QUANTISATION_VERSION)
    throw unsupportedModel(
      `The model's "general.quantization_version" is ${version}, and Hearth reads blocks of version ${QUANTISATION_VERSION}. Get a newer conversion of the model.`,
    );
}

/** Roles of tokens; which of them end an answer, `models/tokenizers` says. */
const ROLES = 'bos eos eot eom unknown seperator padding cls mask'.split(' ');
const FILL_IN = 'prefix suffix middle fim_pre fim_suf fim_mid fim_pad fim_rep fim_sep'.split(' ');

/** What a file may tell its tokenizer that changes no ids, or none of a tokenizer that does not ask for it. */
const IDLE = new Set([
  'tokenizer.chat_template',
  'tokenizer.chat_templates',
  'tokenizer.huggingface.json',
  'tokenizer.rwkv.world',
  ...[
    ...'add_bos_token add_eos_token add_sep_token add_space_prefix added_tokens merges pre'.split(' '),
    ...'precompiled_charsmap remove_extra_whitespaces scores token_type token_type_count'.split(' '),
    ...[...ROLES, ...FILL_IN].map((role) => `${role}_token_id`),
  ].map((key) => `tokenizer.ggml.${key}`),
]);
/** Templates beside the one that is used. */
const OTHER_TEMPLATE = /^tokenizer\.chat_template\.[^.]+$/;

/** Refuses what a file tells its tokenizer and that one has not asked for. To be called when it has been read. */
export function checkTokenizerKeys(metadata: Metadata): void {
  const unknown = metadata.notAsked('tokenizer.').find((key) => !IDLE.has(key) && !OTHER_TEMPLATE.test(key));
  if (unknown !== undefined)
    throw unsupportedModel(
      `The model's metadata has ${quoted(unknown)}, which Hearth's tokenizer ${quoted(metadata.string('tokenizer.ggml.model', ''))} knows nothing of: the tokens might be wrong. Get another version of the model.`,
    );
}
