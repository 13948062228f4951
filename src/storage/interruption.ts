import { HearthError } from '../protocol/errors.ts';

const MAX_RETRY_AFTER_MS = 60_000;

/** What may pass: the same request is worth another try. */
export class Interruption extends Error {
  readonly retryAfterMs: number;

  constructor(
    message: string,
    { retryAfterMs = 0, ...options }: ErrorOptions & { retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Lets answers with a file's bytes through; throws an `Interruption`, or an error that says what to do. */
export function mustBeFile({ status, headers }: Response, { host }: URL): void {
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after')) || 0;
    throw new Interruption(`${host} is busy or broken (HTTP ${status}).`, {
      retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, seconds * 1000),
    });
  }
  if (status === 401 || status === 403)
    throw new HearthError(
      'not-allowed',
      `${host} wants a login for this file (HTTP ${status}). Log in there, accept the model's terms, download the file with your browser and drop it on Hearth's options page.`,
    );
  if (status === 404 || status === 410)
    throw new HearthError('not-found', `${host} has no such file (HTTP ${status}). Check the address.`);
  if (status !== 200 && status !== 206)
    throw new HearthError(
      'bad-input',
      `${host} refused to send the file (HTTP ${status}). Check the address.`,
    );
  if (headers.get('content-type')?.startsWith('text/html'))
    throw new HearthError(
      'bad-model',
      `${host} sent a web page instead of a file. Use the address behind the page's download button; in a guest network, log in to it first.`,
    );
}
