/** Codes are part of the public API: add freely, never change the meaning of one. */
export const ERROR_CODES = [
  'bad-input',
  'bad-model',
  'busy',
  'cancelled',
  'device-lost',
  'gone',
  'internal',
  'no-device',
  'not-allowed',
  'not-found',
  'not-supported',
  'offline',
  'out-of-memory',
  'quota',
  'too-long',
  'unknown-call',
  'unsupported-model',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A call that did not happen: a code for programs and a sentence, saying what would have been right, for people. */
export class HearthError extends Error {
  override readonly name = 'HearthError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What crosses a boundary: the code and the sentence, no more. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/**
 * Any thrown value as a failure. Errors that carry one of our codes keep it, whatever their class;
 * the text of any other error stays on this side, since it may name files or pages.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof Error && 'code' in error && isErrorCode(error.code)) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'cancelled', message: 'The call was cancelled.' };
  return { code: 'internal', message: 'Something went wrong inside Hearth. Its console has the details.' };
}

export function fromFailure({ code, message }: Failure): HearthError {
  return new HearthError(isErrorCode(code) ? code : 'internal', String(message));
}

function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}
