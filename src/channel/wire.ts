import { HearthError } from '../protocol/errors.ts';
import type { Frame } from '../protocol/frames.ts';

/**
 * Carries frames both ways, in order, each once, as copies (structured clone). Whoever makes a wire gives it
 * to `serve` or `connect` in the same turn: what arrives before anybody listens may be lost.
 */
export interface Wire {
  /** Throws if the frame cannot be copied. After the end it does nothing. */
  post(frame: Frame, transfer?: Transferable[]): void;
  /** What arrives is a stranger's word until it has been parsed. Called once. */
  listen(receive: (message: unknown) => void): void;
  close(): void;
  /** Resolves, never rejects, with the reason once nothing can come any more. */
  readonly closed: Promise<HearthError>;
}

/** The reason that every wire gives when it was closed on this side. */
export function closedHere(): HearthError {
  return new HearthError('gone', 'This connection to Hearth was closed.');
}
