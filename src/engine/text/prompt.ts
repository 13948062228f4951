import { type ChatMessage, renderChat } from '../../../models/chat/index.ts';
import { ModelError } from '../../../models/errors.ts';
import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { Prompt } from '../../protocol/generate.ts';
import { type Chat, textsOfMessage, toChat } from './chat.ts';
import type { ModelFile } from '../model-file.ts';

/**
 * The tokens of a prompt: BOS and the text, the chat as the model's template writes it, or the ids as they are.
 * A text that no tokens could bring into `contextLength` is refused before time is spent on it, which all pages share.
 */
export function promptIds(
  { tokenizer, chatTemplate, config }: ModelFile,
  prompt: Prompt,
  contextLength: number,
): number[] {
  const chars = length(prompt);
  if (chars > contextLength * tokenizer.longestToken)
    throw new HearthError(
      'too-long',
      `The prompt has ${chars} characters, more than the ${contextLength} tokens that prompt and answer together may have can hold. Shorten it.`,
    );
  switch (prompt.kind) {
    case 'ids': {
      const wrong = prompt.ids.find((id) => id >= config.vocab);
      if (wrong === undefined) return prompt.ids;
      throw new HearthError(
        'bad-input',
        `Token id ${wrong} is outside this model's vocabulary of ${config.vocab}.`,
      );
    }
    case 'text':
      return tokenizer.encode(prompt.text, { addSpecial: true, parseSpecial: true });
    case 'messages': {
      const text = writeChat(chatTemplate, toChat(prompt, chatTemplate, tokenizer), tokenizer);
      const start = prompt.answerStart ? tokenizer.guard(prompt.answerStart) : '';
      const ids = tokenizer.encode(text + start, { parseSpecial: true, isGuarded: true });
      // Most templates write BOS themselves; a model that wants one must not go without it, nor get two
      return tokenizer.addBos && tokenizer.bosId !== undefined && ids[0] !== tokenizer.bosId
        ? [tokenizer.bosId, ...ids]
        : ids;
    }
  }
}

/** Templates that refuse a system turn get it at the head of the user's first. */
function writeChat(template: string | undefined, { messages, ...given }: Chat, tokenizer: Tokenizer): string {
  const options = { tokenizer, addGenerationPrompt: true, ...given };
  try {
    return renderChat(template, messages, options);
  } catch (error) {
    const [system, first, ...rest] = messages;
    if (!isRefusal(error) || system?.role !== 'system') throw error;
    const folded: ChatMessage[] =
      first?.role === 'user'
        ? [{ role: 'user', content: [system.content, first.content].join('\n\n') }, ...rest]
        : [{ role: 'user', content: system.content ?? '' }, ...messages.slice(1)];
    return renderChat(template, folded, options);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'bad-input';
}

/** A token of common text is about so many characters. */
const CHARS_PER_TOKEN = 4;

type Counted = Prompt | { kind: 'texts'; texts: string[] };

/**
 * The tokens of a prompt: an estimate where it is so long that `promptIds` would refuse it unseen, and the bare texts
 * of turns that the template does not write by themselves.
 */
export function countTokens(file: ModelFile, prompt: Counted, contextLength: number): number {
  const chars = length(prompt);
  const { tokenizer } = file;
  const { longestToken } = tokenizer;
  if (chars > contextLength * longestToken) return Math.ceil(chars / Math.min(CHARS_PER_TOKEN, longestToken));

  const bare = (texts: string[]) => texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
  if (prompt.kind === 'texts') return bare(prompt.texts);
  try {
    return promptIds(file, prompt, contextLength).length;
  } catch (error) {
    if (!isRefusal(error) || prompt.kind !== 'messages') throw error;
    return bare(prompt.messages.flatMap(textsOfMessage));
  }
}

/** In characters; ids have none. */
function length(prompt: Counted): number {
  if (prompt.kind === 'ids') return 0;
  if (prompt.kind === 'text') return prompt.text.length;
  if (prompt.kind === 'texts') return prompt.texts.reduce((sum, text) => sum + text.length, 0);
  const { messages, answerStart = '', tools = [] } = prompt;
  const ofTools = tools.flatMap(({ name, description = '', parameters }) => [name, description, parameters]);
  const texts = [answerStart, ...ofTools, ...messages.flatMap(textsOfMessage)];
  return texts.reduce((sum, text) => sum + text.length, 0);
}
