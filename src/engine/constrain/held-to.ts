import type { AnswerFormat } from '../../../models/chat/answers/index.ts';
import { answerFormatOf, type AnswerFormatFile, promptEnd } from '../text/answer-decoder.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { GenerateInput } from '../../protocol/generate.ts';
import type { Held } from './constrainer.ts';
import type { Thoughts } from './thoughts-grammar.ts';

type Asked = Pick<GenerateInput, 'prompt' | 'constraint' | 'toolChoice' | 'maxToolCalls' | 'readsAnswer'>;

/**
 * What an answer is held to, if to anything: a constraint, or calls of tools that somebody insists on, be it that there
 * are some or that they are right (`strict`). `ids` are the prompt's. A constraint begins behind the model's thoughts,
 * where these are told from the text.
 */
export function heldTo(
  file: AnswerFormatFile,
  { prompt, constraint, toolChoice = 'auto', maxToolCalls, readsAnswer = false }: Asked,
  ids: readonly number[],
): Held | undefined {
  const { tools = [], answerStart: start } = prompt.kind === 'messages' ? prompt : {};
  const isForced = toolChoice !== 'auto';
  const text = constraint?.kind === 'json' || constraint?.kind === 'json-schema' ? constraint : undefined;
  const isAboutCalls = isForced || tools.some(({ strict }) => strict) || (text && tools.length > 0);
  if (!isAboutCalls || tools.length === 0) {
    if (!constraint) return undefined;
    // A text that has begun comes without thoughts
    const lead = readsAnswer && !start ? leadOf(file, prompt, ids) : undefined;
    return { constraint, lead, start };
  }

  const format = answerFormatOf(file, prompt);
  if (!format.calls)
    throw new HearthError(
      'not-supported',
      'It is not known how this model writes calls, so that it cannot be held to any. Leave `tool_choice` and `strict` out, or choose another model.',
    );
  const functions =
    typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const { marks } = format;
  return {
    constraint: {
      kind: 'calls',
      functions,
      isForced,
      isSingle: typeof toolChoice === 'object' || maxToolCalls === 1,
      syntax: format.calls(file.chatTemplate),
      text,
      marks,
      thoughts: thoughtsOf(file, format, ids),
    },
    start,
  };
}

/** What the model writes before the text of its answer, if anything. */
function leadOf(file: AnswerFormatFile, prompt: Asked['prompt'], ids: readonly number[]): Held['lead'] {
  const format = answerFormatOf(file, prompt);
  const thoughts = thoughtsOf(file, format, ids);
  const { text: header, marks } = format;
  const text = header && file.chatTemplate?.includes(header) ? header : '';
  return thoughts || text ? { thoughts, text, marks } : undefined;
}

function thoughtsOf(
  file: AnswerFormatFile,
  { thoughts }: AnswerFormat,
  ids: readonly number[],
): Thoughts | undefined {
  if (!thoughts) return undefined;
  const isOpen = promptEnd(file, ids).trimEnd().endsWith(thoughts.open);
  return isOpen || file.chatTemplate?.includes(thoughts.open) ? { ...thoughts, isOpen } : undefined;
}
