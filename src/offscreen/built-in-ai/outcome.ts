import { type ErrorCode, toFailure } from '../../protocol/errors.ts';
import type { Outcome, Refusal } from '../../protocol/built-in-ai.ts';

/** What a page is to throw in its own realm. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(name: string, message: string, quota?: { requested: number; quota: number }) {
    super(message);
    this.refusal = { name, message, ...quota };
  }
}

const NAMES: Partial<Record<ErrorCode, string>> = {
  'not-allowed': 'NotAllowedError',
  'not-supported': 'NotSupportedError',
  'too-long': 'QuotaExceededError',
  cancelled: 'AbortError',
  offline: 'NetworkError',
};

/**
 * A call's result, or the exception that the specifications give to its failure.
 * @param otherwise the name of failures that they do not name
 */
export async function outcome<T>(
  signal: AbortSignal,
  otherwise: 'OperationError' | 'UnknownError',
  work: () => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    // Nobody listens any more: the wire says so in its own way
    if (signal.aborted) throw error;
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    const { code, message } = toFailure(error);
    if (code === 'internal') console.error(error);
    return { ok: false, refusal: { name: NAMES[code] ?? otherwise, message } };
  }
}
