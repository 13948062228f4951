import type { Stream } from '../channel/connect.ts';
import type { EmbedInput } from '../protocol/embed.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { GenerateInput } from '../protocol/generate.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Mesh } from './mesh/mesh.ts';
import type { Answering } from './openai/answer.ts';
import { isRemembered, type Page } from './page.ts';
import type { Slots } from './slots.ts';

export interface GenerationDeps {
  page: Page;
  consent: Consent;
  engine: Engine;
  /** Answers under way, of all pages. */
  slots: Slots;
  room: Pick<Mesh, 'mayLeave' | 'summary'>;
}

/** Begins one answer for a page, once the user allows it and the page has a slot left. */
export function beginAnswer(
  deps: GenerationDeps,
  input: GenerateInput,
  signal: AbortSignal,
): Promise<Answering> {
  return begin('generate', deps, input, signal);
}

/** As `beginAnswer`, of vectors. */
export function beginVectors(deps: GenerationDeps, input: EmbedInput, signal: AbortSignal) {
  return begin('embed', deps, input, signal);
}

async function begin<K extends 'generate' | 'embed'>(
  name: K,
  { page, consent, engine, slots, room }: GenerationDeps,
  input: { model: string | undefined },
  signal: AbortSignal,
): Promise<{ model: string; stream: Stream<EngineCalls[K]['part'], EngineCalls[K]['output']> }> {
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
    mayLeave: room.mayLeave(page),
  };
  const stream = client.stream(name, whole as EngineCalls[K]['input'], { signal });
  stream.output.then(free, free);
  return { model: model!, stream };
}
