import { answerFormat, TokenAnswerReader } from '../../models/chat/answers/index.ts';
import type { Prompt } from '../protocol/generate.ts';
import type { ModelFile } from './model-file.ts';
import type { AnswerDecoder } from './stream.ts';

/** The end of a prompt, in tokens, that says whether the answer begins within the model's thoughts. */
const END_TOKENS = 32;

/** Tells thoughts and calls of tools from an answer's text, in the way of the model's family. */
export function answerDecoder(
  { tokenizer, chatTemplate }: ModelFile,
  prompt: Prompt,
  ids: readonly number[],
): AnswerDecoder {
  const tools = (prompt.kind === 'messages' && prompt.tools) || [];
  return new TokenAnswerReader(answerFormat(chatTemplate, tokenizer), tokenizer, {
    prompt: tokenizer.decode(ids.slice(-END_TOKENS), { showSpecial: true }),
    previous: ids.at(-1),
    toolNames: new Set(tools.map(({ name }) => name)),
  });
}
