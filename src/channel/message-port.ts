import type { HearthError } from '../protocol/errors.ts';
import { deferred } from './deferred.ts';
import { closedHere, type Wire } from './wire.ts';

/** A `MessagePort` does not tell when its other end has gone, so whoever knows says so through `gone`. */
export function messagePortWire(port: MessagePort, gone?: Promise<HearthError>): Wire {
  const { promise: closed, resolve } = deferred<HearthError>();
  const end = (why: HearthError) => {
    port.close();
    resolve(why);
  };
  gone?.then(end);

  return {
    post: (frame, transfer = []) => port.postMessage(frame, transfer),
    listen(receive) {
      // Setting it also starts the port
      port.onmessage = ({ data }) => receive(data);
    },
    close: () => end(closedHere()),
    closed,
  };
}
