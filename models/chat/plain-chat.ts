import type { ChatMessage, RenderOptions } from './index.ts';

/**
 * The format of a model whose file brings no template: ChatML where the vocabulary has its tokens, else one
 * "role: text" after the other.
 */
export function plainChat(
  messages: readonly ChatMessage[],
  { tokenizer, addGenerationPrompt = false }: RenderOptions,
): string {
  const knowsChatMl = ['<|im_start|>', '<|im_end|>'].every((text) => tokenizer.idOf(text) !== undefined);
  if (knowsChatMl) {
    const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
    return turns.join('') + (addGenerationPrompt ? '<|im_start|>assistant\n' : '');
  }
  const lines = messages.map(({ role, content }) => `${role}: ${content}\n`);
  return lines.join('') + (addGenerationPrompt ? 'assistant:' : '');
}
