import { HearthError } from '../protocol/errors.ts';

/** Time, passed in so that tests need not wait. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Fails with `cancelled` as soon as `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemTime: Time = {
  now: () => Date.now(),
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(cancelled());
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    }),
};

export function cancelled(): HearthError {
  return new HearthError('cancelled', 'The call was cancelled.');
}
