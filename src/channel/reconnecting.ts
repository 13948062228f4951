import type { Contract } from '../protocol/frames.ts';
import type { Client } from './connect.ts';

/**
 * A caller of somebody who may stop between any two calls, like the service worker: the first call after that
 * opens a new wire. A call that was cut off is made once more, so the contract's calls must bear being repeated.
 */
export function reconnecting<C extends Contract>(open: () => Client<C>): Client<C>['call'] {
  let client: Client<C> | undefined;

  function current(): Client<C> {
    if (client) return client;
    const fresh = open();
    client = fresh;
    void fresh.closed.then(() => {
      if (client === fresh) client = undefined;
    });
    return fresh;
  }

  return async (name, input, options) => {
    const asked = current();
    try {
      return await asked.call(name, input, options);
    } catch (error) {
      if (asked === client || options?.signal?.aborted) throw error;
      return current().call(name, input, options);
    }
  };
}
