import { HearthError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/generate.ts';
import { MAX_KEPT_CHARS, MAX_KEPT_RESPONSES } from '../../protocol/limits.ts';
import type { Finished } from './responses-answer.ts';

/** Responses that a page has asked to keep: in memory, for itself alone, until it is closed. The oldest go first. */
export class KeptResponses {
  readonly #kept = new Map<string, Finished & { chars: number }>();
  #chars = 0;

  readonly keep = (finished: Finished): void => {
    const chars = JSON.stringify(finished).length;
    this.#kept.set(finished.id, { ...finished, chars });
    this.#chars += chars;
    for (const [id] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT_RESPONSES && this.#chars <= MAX_KEPT_CHARS) break;
      this.#drop(id);
    }
  };

  readonly said = (id: string): Message[] | undefined => this.#kept.get(id)?.said;

  get(id: string): object {
    return this.#found(id).response;
  }

  remove(id: string): object {
    this.#found(id);
    this.#drop(id);
    return { id, object: 'response', deleted: true };
  }

  #found(id: string): Finished {
    const finished = this.#kept.get(id);
    if (finished) return finished;
    throw new HearthError(
      'not-found',
      'This page has kept no response of that id: create it with `store: true`, in the same page.',
    );
  }

  #drop(id: string): void {
    this.#chars -= this.#kept.get(id)!.chars;
    this.#kept.delete(id);
  }
}
