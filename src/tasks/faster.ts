import { HearthError } from '../protocol/errors.ts';
import type { Backend } from '../protocol/models.ts';

/** What was found out once, for the next time. */
export interface Choices {
  get(key: string): Promise<string | undefined>;
  set(key: string, backend: Backend): Promise<void>;
}

export async function chosen(choices: Choices, key: string): Promise<Backend | undefined> {
  const known = await choices.get(key);
  return known === 'wasm' || known === 'webgpu' ? known : undefined;
}

export interface Faster<Loaded> {
  backend: Backend;
  answer: unknown;
  /** What was loaded and is not needed. */
  others: Loaded[];
}

/**
 * Has the same work done on the processor and on the device, once to warm up and once by the clock. Small models are often
 * faster on the processor, where nothing has to travel. A device that cannot do it, for want of room or of an operator, has lost.
 */
export async function faster<Loaded>(
  on: (backend: Backend) => Promise<Loaded>,
  compute: (loaded: Loaded) => Promise<unknown>,
  now: () => number,
): Promise<Faster<Loaded>> {
  const timed = async (loaded: Loaded) => {
    await compute(loaded);
    const begun = now();
    const answer = await compute(loaded);
    return { answer, ms: now() - begun };
  };
  const here = await on('wasm');
  const byHere = await timed(here);
  const there = await on('webgpu').catch(unlessCancelled);
  if (there === undefined) return { backend: 'wasm', answer: byHere.answer, others: [] };
  const byThere = await timed(there).catch(unlessCancelled);
  return byThere && byThere.ms < byHere.ms
    ? { backend: 'webgpu', answer: byThere.answer, others: [here] }
    : { backend: 'wasm', answer: byHere.answer, others: [there] };
}

function unlessCancelled(error: unknown): undefined {
  if (error instanceof HearthError && error.code === 'cancelled') throw error;
}
