import type { BuiltInCalls } from '../../protocol/built-in-ai.ts';
import type { GenerationDeps } from '../generation.ts';

/**
 * Who answers a page in a browser that has the API itself, as the user has chosen. Without a choice it is Hearth
 * where the user has let the site use Hearth or the browser has nothing to offer; else they are asked.
 */
export async function whoAnswers(
  { page, consent }: Pick<GenerationDeps, 'page' | 'consent'>,
  { own, mayAsk }: BuiltInCalls['whoAnswers']['input'],
  signal: AbortSignal,
): Promise<BuiltInCalls['whoAnswers']['output']> {
  const choice = await consent.builtInChoice(page);
  if (choice !== 'ask') return choice;
  if (own === 'unavailable' || (await consent.models(page))) return 'hearth';
  if (!own) return 'unsure';
  // Asking is for what the page cannot do without: until then it hears of the browser's own
  return mayAsk ? consent.chooseBuiltIn(page, signal) : 'own';
}
