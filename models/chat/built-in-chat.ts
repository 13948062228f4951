import type { ChatMessage, RenderOptions } from './index.ts';

/** How a family writes a chat, for files that bring no template. */
interface Format {
  /** Tokens that only this family has together. */
  readonly tokens: readonly string[];
  turn(role: string, text: string): string;
  /** The beginning of the assistant's turn. */
  readonly answer: string;
}

/** A turn between two marks, each role under a name of its own. */
function marked(
  tokens: readonly string[],
  begin: (role: string) => string,
  end: string,
  roles: Readonly<Record<string, string>> = {},
): Format {
  const open = (role: string) => begin(roles[role] ?? role);
  return { tokens, turn: (role, text) => open(role) + text + end, answer: open('assistant') };
}

/** The first whose tokens a vocabulary has is its format. */
const FORMATS: readonly Format[] = [
  marked(['<|im_start|>', '<|im_end|>'], (role) => `<|im_start|>${role}\n`, '<|im_end|>\n'),
  marked(
    ['<|start_header_id|>', '<|eot_id|>'],
    (role) => `<|start_header_id|>${role}<|end_header_id|>\n\n`,
    '<|eot_id|>',
  ),
  marked(['<|header_start|>', '<|eot|>'], (role) => `<|header_start|>${role}<|header_end|>\n\n`, '<|eot|>'),
  marked(['<start_of_turn>', '<end_of_turn>'], (role) => `<start_of_turn>${role}\n`, '<end_of_turn>\n', {
    assistant: 'model',
    system: 'user',
  }),
  marked(['<|start|>', '<|message|>', '<|channel|>'], (role) => `<|start|>${role}<|message|>`, '<|end|>'),
  marked(
    ['<|START_OF_TURN_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
    (role) => `<|START_OF_TURN_TOKEN|><|${role}|>`,
    '<|END_OF_TURN_TOKEN|>',
    { user: 'USER_TOKEN', assistant: 'CHATBOT_TOKEN', system: 'SYSTEM_TOKEN' },
  ),
  marked(
    ['<|start_of_role|>', '<|end_of_role|>'],
    (role) => `<|start_of_role|>${role}<|end_of_role|>`,
    '<|end_of_text|>\n',
  ),
  marked(['<｜User｜>', '<｜Assistant｜>'], (role) => role, '', {
    user: '<｜User｜>',
    assistant: '<｜Assistant｜>',
    system: '',
  }),
  marked(['<|user|>', '<|assistant|>', '<|end|>'], (role) => `<|${role}|>\n`, '<|end|>\n'),
  marked(['<|user|>', '<|assistant|>'], (role) => `<|${role}|>\n`, '\n'),
  marked(['[|user|]', '[|assistant|]', '[|endofturn|]'], (role) => `[|${role}|]`, '[|endofturn|]\n'),
  {
    tokens: ['[INST]', '[/INST]'],
    turn: (role, text) => (role === 'assistant' ? ` ${text}</s>` : `[INST] ${text} [/INST]`),
    answer: '',
  },
];

const PLAIN: Format = { tokens: [], turn: (role, text) => `${role}: ${text}\n`, answer: 'assistant:' };

/** The chat in the format of the family whose tokens the vocabulary has, else one "role: text" after the other. */
export function builtInChat(
  messages: readonly ChatMessage[],
  { tokenizer, addGenerationPrompt = false }: RenderOptions,
): string {
  const knows = (token: string) => tokenizer.idOf(token) !== undefined;
  const format = FORMATS.find(({ tokens }) => tokens.every(knows)) ?? PLAIN;
  const turns = messages.map(({ role, content }) => format.turn(role, textOf(content)));
  return turns.join('') + (addGenerationPrompt ? format.answer : '');
}

/** The texts of a message; of its other parts such a format knows nothing. */
function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => (part as { text?: unknown } | null)?.text)
    .filter((text) => typeof text === 'string')
    .join('');
}
