import type { GenerateInput } from '../protocol/generate.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Answering } from './openai/answer.ts';
import { isRemembered, type Page } from './page.ts';
import type { Slots } from './slots.ts';

export interface GenerationDeps {
  page: Page;
  consent: Consent;
  engine: Engine;
  /** Answers under way, of all pages. */
  slots: Slots;
}

/** Begins one answer for a page, once the user allows it and the page has a slot left. */
export async function beginAnswer(
  { page, consent, engine, slots }: GenerationDeps,
  input: GenerateInput,
  signal: AbortSignal,
): Promise<Answering> {
  const [model] = await consent.need(page, input.model ? [input.model] : [], signal);
  const client = await engine.client();
  const free = slots.take(page.origin);
  const whole = {
    ...input,
    model,
    origin: page.origin,
    lane: 'interactive',
    // All pages without an origin bear the same name and have nothing to do with each other
    isPrivate: !isRemembered(page),
  } as const;
  const stream = client.stream('generate', whole, { signal });
  stream.output.then(free, free);
  return { model: model!, stream };
}
