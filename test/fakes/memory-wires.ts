import { deferred } from '../../src/channel/deferred.ts';
import { closedHere, type Wire } from '../../src/channel/wire.ts';
import { HearthError } from '../../src/protocol/errors.ts';

/** Two ends of one wire in memory: it copies as the real ones do and delivers by microtask. */
export function memoryWires(): [Wire, Wire] {
  const ends = [deferred<HearthError>(), deferred<HearthError>()] as const;
  const receivers: ((message: unknown) => void)[] = [];
  let isOpen = true;

  const wire = (mine: 0 | 1): Wire => {
    const other = mine === 0 ? 1 : 0;
    return {
      post(frame, transfer = []) {
        const copy = structuredClone(frame, { transfer });
        queueMicrotask(() => {
          if (isOpen) receivers[other]?.(copy);
        });
      },
      listen: (receive) => {
        receivers[mine] = receive;
      },
      close() {
        isOpen = false;
        ends[mine].resolve(closedHere());
        ends[other].resolve(new HearthError('gone', 'The other end was closed.'));
      },
      closed: ends[mine].promise,
    };
  };
  return [wire(0), wire(1)];
}
