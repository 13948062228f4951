import type { ChatTokens } from '../index.ts';
import { commandR } from './formats/command-r.ts';
import { deepseek } from './formats/deepseek.ts';
import { gemma } from './formats/gemma.ts';
import { harmony } from './formats/harmony.ts';
import { hermes } from './formats/hermes.ts';
import { kimi } from './formats/kimi.ts';
import { lfm2 } from './formats/lfm2.ts';
import { llama } from './formats/llama.ts';
import { mistral } from './formats/mistral.ts';
import { phi } from './formats/phi.ts';
import { think } from './formats/think.ts';
import type { AnswerFormat } from './part.ts';

export type { AnswerFormat, AnswerPart, AnswerReader, CallSyntax, ReaderOptions } from './part.ts';
export { TokenAnswerReader } from './token-answer-reader.ts';

/** Those whose clues are their own come before those that share them: Hermes runs on Llama. */
export const ANSWER_FORMATS: readonly AnswerFormat[] = [
  harmony,
  deepseek,
  kimi,
  mistral,
  lfm2,
  commandR,
  phi,
  hermes,
  llama,
  gemma,
];

/** How a model answers: by its template, or, where it has none, by the tokens of its vocabulary. */
export function answerFormat(
  template: string | undefined,
  tokenizer: Pick<ChatTokens, 'idOf'>,
): AnswerFormat {
  const has = (clue: string) =>
    template === undefined ? tokenizer.idOf(clue) !== undefined : template.includes(clue);
  return ANSWER_FORMATS.find(({ clues }) => clues.some(has)) ?? think;
}
