import { type AnswerFormat, answerFormat, TokenAnswerReader } from '../../../models/chat/answers/index.ts';
import type { Prompt } from '../../protocol/generate.ts';
import type { ModelFile } from '../model-file.ts';
import type { AnswerDecoder } from './stream.ts';
import { FORMAT_IN_WORDS, needsWords } from './tools-in-words.ts';

/** The end of a prompt, in tokens, that says whether the answer begins within the model's thoughts. */
const END_TOKENS = 32;

/** What of a file says how its model answers. */
export type AnswerFormatFile = Pick<ModelFile, 'tokenizer' | 'chatTemplate'>;

/** How a model answers a prompt: in the way of its family, or as it was told to. */
export function answerFormatOf({ tokenizer, chatTemplate }: AnswerFormatFile, prompt: Prompt): AnswerFormat {
  const isTold = prompt.kind === 'messages' && needsWords(prompt, chatTemplate);
  return isTold ? FORMAT_IN_WORDS : answerFormat(chatTemplate, tokenizer);
}

/** What a prompt ends with, control tokens and all. */
export function promptEnd({ tokenizer }: AnswerFormatFile, ids: readonly number[]): string {
  return tokenizer.decode(ids.slice(-END_TOKENS), { showSpecial: true });
}

/** Tells thoughts and calls of tools from an answer's text. */
export function answerDecoder(file: AnswerFormatFile, prompt: Prompt, ids: readonly number[]): AnswerDecoder {
  const tools = (prompt.kind === 'messages' && prompt.tools) || [];
  return new TokenAnswerReader(answerFormatOf(file, prompt), file.tokenizer, {
    prompt: promptEnd(file, ids),
    previous: ids.at(-1),
    toolNames: new Set(tools.map(({ name }) => name)),
  });
}
