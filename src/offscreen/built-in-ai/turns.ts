import type {
  ContentType,
  LanguageModelOptions,
  ToolCall,
  ToolDeclaration,
  ToolResponse,
  Turn,
} from '../../protocol/built-in-ai.ts';
import type { Constraint, FunctionCall, Message, ToolFunction } from '../../protocol/generate.ts';
import { Refused } from './outcome.ts';

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
  tools?: ToolFunction[];
  /** What the answer goes on from. */
  answerStart?: string;
}

export function toConversation(
  turns: Turn[],
  { tools = [] }: LanguageModelOptions,
  description?: Constraint,
): Conversation {
  const last = turns.at(-1);
  const messages = (last?.prefix ? turns.slice(0, -1) : turns).flatMap(toMessages);
  if (description) messages.push({ role: 'user', content: describe(description) });
  return {
    messages: merged(messages),
    ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}),
    ...(last?.prefix ? { answerStart: textOf(last) } : {}),
  };
}

function toFunction({ name, description, inputSchema }: ToolDeclaration): ToolFunction {
  return { name, description, parameters: inputSchema };
}

/** The texts of turns, and of what a model is told with them, with nothing around. */
export function textsOf(turns: Turn[], description?: Constraint): string[] {
  const messages = turns.flatMap(toMessages);
  return [
    ...messages.flatMap(({ content, toolCalls = [] }) => [
      content,
      ...toolCalls.flatMap((call) => [call.name, call.arguments]),
    ]),
    ...(description ? [describe(description)] : []),
  ];
}

/** A turn's responses of tools are messages of their own, before what it says beside them. */
function toMessages(turn: Turn): Message[] {
  const content = textOf(turn);
  const toolCalls = turn.content.flatMap((part) =>
    part.type === 'tool-call' ? [functionCall(part.value)] : [],
  );
  const responses = turn.content.flatMap((part) =>
    part.type === 'tool-response' ? [toolMessage(part.value)] : [],
  );
  const isSaid = content !== '' || responses.length === 0;
  return [
    ...responses,
    ...(isSaid ? [{ role: turn.role, content, ...(toolCalls.length > 0 ? { toolCalls } : {}) }] : []),
  ];
}

function functionCall({ callID, name, arguments: json }: ToolCall): FunctionCall {
  return { id: callID, name, arguments: json };
}

function toolMessage(response: ToolResponse): Message {
  const { callID, name } = response;
  const content = 'result' in response ? plain(response.result) : asError(response.errorMessage);
  return { role: 'tool', content, toolCallId: callID, name };
}

/** What a tool threw says so itself. */
function asError(message: string): string {
  return /^\w*Error\b/.test(message) ? message : `Error: ${message}`;
}

/** A text as it is, and anything else as JSON. */
function plain(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' ? value : json;
}

function textOf({ content }: Turn): string {
  return content.map((part) => (part.type === 'text' ? part.value : '')).join('');
}

/** Templates of many models refuse two turns of one role in a row. */
function merged(messages: Message[]): Message[] {
  const result: Message[] = [];
  for (const message of messages) {
    const before = result.at(-1);
    const isPlain = message.role !== 'tool' && !message.toolCalls && !before?.toolCalls;
    if (isPlain && before?.role === message.role)
      before.content = [before.content, message.content].join('\n\n');
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
