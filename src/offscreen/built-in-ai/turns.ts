import type { Content, ContentType, LanguageModelOptions, Turn } from '../../protocol/built-in-ai.ts';
import type { Constraint, Message } from '../../protocol/generate.ts';
import { Refused } from './outcome.ts';
import { callText, responseText, toolInstructions } from './tools.ts';

/**
 * Checks turns that a page adds, as the specification's "validate and canonicalize a prompt" does.
 * @param isStart nothing has been said before
 */
export function checkTurns(turns: Turn[], options: LanguageModelOptions, isStart: boolean): void {
  turns.forEach(({ role, content, prefix }, i) => {
    if (prefix && (role !== 'assistant' || i < turns.length - 1))
      throw new Refused('SyntaxError', 'Only the last message, if it is the assistant’s, can be a prefix.');
    if (role === 'system' && !(isStart && i === 0))
      throw new Refused('TypeError', 'The system prompt comes first, and once.');
    for (const { type } of content) checkContent(type, role, options);
  });
}

function checkContent(
  type: ContentType,
  role: Turn['role'],
  { runsTools, expectedInputs = [] }: LanguageModelOptions,
): void {
  if (type === 'text') return;
  if (type === 'image' || type === 'audio')
    throw new Refused('NotSupportedError', `This session takes no ${type}s: models here read text.`);
  if (role !== (type === 'tool-call' ? 'assistant' : 'user'))
    throw new Refused('TypeError', 'Tool calls are the assistant’s, tool responses the user’s.');
  if (!runsTools && !expectedInputs.some((expected) => expected.type === type))
    throw new Refused('NotSupportedError', `Create the session with { type: '${type}' } in expectedInputs.`);
}

/** A conversation as a model is given it. */
export interface Conversation {
  messages: Message[];
  /** What the answer goes on from. */
  answerStart?: string;
}

export function toConversation(
  turns: Turn[],
  { tools = [] }: LanguageModelOptions,
  description?: Constraint,
): Conversation {
  const last = turns.at(-1);
  const messages = (last?.prefix ? turns.slice(0, -1) : turns).map(toMessage);
  if (tools.length > 0) {
    const instructions: Message = { role: 'system', content: toolInstructions(tools) };
    messages.splice(messages[0]?.role === 'system' ? 1 : 0, 0, instructions);
  }
  if (description) messages.push({ role: 'user', content: describe(description) });
  return {
    messages: merged(messages),
    ...(last?.prefix ? { answerStart: toMessage(last).content } : {}),
  };
}

/** The texts of turns, and of what a model is told with them, with nothing around. */
export function textsOf(turns: Turn[], description?: Constraint): string[] {
  return [...turns.map((turn) => toMessage(turn).content), ...(description ? [describe(description)] : [])];
}

function toMessage({ role, content }: Turn): Message {
  return { role, content: content.map(toText).join('') };
}

function toText(content: Content): string {
  switch (content.type) {
    case 'text':
      return content.value;
    case 'tool-call':
      return callText(content.value);
    case 'tool-response':
      return responseText(content.value);
    default:
      throw new Refused('NotSupportedError', `This session takes no ${content.type}s.`);
  }
}

/** Templates of many models refuse two turns of one role in a row. */
function merged(messages: Message[]): Message[] {
  const result: Message[] = [];
  for (const message of messages) {
    const before = result.at(-1);
    if (before?.role === message.role) before.content = [before.content, message.content].join('\n\n');
    else result.push({ ...message });
  }
  return result;
}

function describe(constraint: Constraint): string {
  switch (constraint.kind) {
    case 'json-schema':
      return `Answer only with JSON that follows this JSON schema:\n${constraint.schema}`;
    case 'regex':
      return `Answer only with text that matches this regular expression as a whole:\n${constraint.pattern}`;
    case 'grammar':
      return `Answer only with text that follows this grammar:\n${constraint.ebnf}`;
    case 'json':
      return 'Answer only with JSON.';
  }
}
