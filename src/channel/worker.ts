import { HearthError } from '../protocol/errors.ts';
import { deferred } from './deferred.ts';
import { closedHere, type Wire } from './wire.ts';

/**
 * The owner's end of a worker. An error that nobody caught in there ends the wire and the worker: its state
 * is unknown, and callers who wait for ever are worse than callers who are told.
 */
export function workerWire(worker: Worker): Wire {
  const { promise: closed, resolve } = deferred<HearthError>();
  const end = (why: HearthError) => {
    worker.terminate();
    resolve(why);
  };
  worker.onerror = (event) =>
    end(new HearthError('internal', 'The engine stopped after an error. Try again.', { cause: event }));

  return {
    post: (frame, transfer = []) => worker.postMessage(frame, transfer),
    listen(receive) {
      worker.onmessage = ({ data }) => receive(data);
    },
    close: () => end(closedHere()),
    closed,
  };
}

/** What a wire needs of the global scope of a dedicated worker. */
export interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  close(): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** The worker's own end: `workerScopeWire(self)`. */
export function workerScopeWire(scope: WorkerScope): Wire {
  const { promise: closed, resolve } = deferred<HearthError>();
  return {
    post: (frame, transfer = []) => scope.postMessage(frame, transfer),
    listen(receive) {
      scope.onmessage = ({ data }) => receive(data);
    },
    close() {
      scope.close();
      resolve(closedHere());
    },
    closed,
  };
}
