import { answerFormatOf, type AnswerFormatFile, promptEnd } from '../answer-decoder.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { GenerateInput } from '../../protocol/generate.ts';
import type { Held } from './constrainer.ts';

type Asked = Pick<GenerateInput, 'prompt' | 'constraint' | 'toolChoice' | 'maxToolCalls'>;

/**
 * What an answer is held to, if to anything: a constraint, or calls of tools that somebody insists on, be it that there
 * are some or that they are right (`strict`). `ids` are the prompt's.
 */
export function heldTo(
  file: AnswerFormatFile,
  { prompt, constraint, toolChoice = 'auto', maxToolCalls }: Asked,
  ids: readonly number[],
): Held | undefined {
  const { tools = [], answerStart: start } = prompt.kind === 'messages' ? prompt : {};
  const isForced = toolChoice !== 'auto';
  const text = constraint?.kind === 'json' || constraint?.kind === 'json-schema' ? constraint : undefined;
  const isAboutCalls = isForced || tools.some(({ strict }) => strict) || (text && tools.length > 0);
  if (!isAboutCalls || tools.length === 0) return constraint && { constraint, start };

  const format = answerFormatOf(file, prompt);
  if (!format.calls)
    throw new HearthError(
      'not-supported',
      'It is not known how this model writes calls, so that it cannot be held to any. Leave `tool_choice` and `strict` out, or choose another model.',
    );
  const functions =
    typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const { thoughts, marks } = format;
  const doesThink = thoughts && file.chatTemplate?.includes(thoughts.open);
  return {
    constraint: {
      kind: 'calls',
      functions,
      isForced,
      isSingle: functions.length < tools.length || maxToolCalls === 1,
      syntax: format.calls(file.chatTemplate),
      text,
      marks,
      ...(doesThink
        ? { thoughts: { ...thoughts, isOpen: promptEnd(file, ids).trimEnd().endsWith(thoughts.open) } }
        : {}),
    },
    start,
  };
}
