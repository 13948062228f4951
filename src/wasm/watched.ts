import type { Clock } from '../engine/clock.ts';
import { HearthError } from '../protocol/errors.ts';

/** A busy machine may keep an idle page waiting for seconds. */
const SIGN_OF_LIFE_MS = 15_000;

/**
 * What `work` gives, or `gone` once `ping` has stayed unanswered: nothing tells a port that the process at its other
 * end has died.
 */
export function watched<T>(work: Promise<T>, ping: () => Promise<unknown>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = () => {};
    let isOver = false;
    const look = () => {
      let isAlive = false;
      ping().then(
        () => (isAlive = true),
        () => {},
      );
      wait(() => {
        if (isAlive) look();
        else
          reject(
            new HearthError(
              'gone',
              'The WebAssembly engine has stopped, perhaps for want of memory. Ask again; if it happens again, choose a smaller model.',
            ),
          );
      });
    };
    const wait = (next: () => void) => {
      if (!isOver) cancel = clock.after(SIGN_OF_LIFE_MS, next);
    };
    const over = () => {
      isOver = true;
      cancel();
    };
    work.finally(over).then(resolve, reject);
    wait(look);
  });
}
