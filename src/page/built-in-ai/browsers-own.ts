import type { Availability } from '../../protocol/built-in-ai.ts';
import { call } from './call.ts';

/** What is used of an interface that the browser has itself. */
export interface BrowsersOwn {
  create(options: unknown): Promise<object>;
  availability(options: unknown): Promise<Availability>;
}

export function browsersOwn(name: string): BrowsersOwn | undefined {
  const found = Object.getOwnPropertyDescriptor(window, name)?.value;
  return typeof found === 'function' && 'create' in found ? found : undefined;
}

/** Whether the browser is to answer, and not Hearth. */
export async function isForBrowser(
  own: BrowsersOwn | undefined,
  options: unknown,
  mayAsk: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!own) return false;
  let answer = await call('whoAnswers', { mayAsk }, { signal });
  if (answer === 'unsure') {
    const availability = await own.availability(options).catch((): Availability => 'unavailable');
    answer = await call('whoAnswers', { own: availability, mayAsk }, { signal });
  }
  return answer === 'own';
}
