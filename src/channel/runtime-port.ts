import { HearthError } from '../protocol/errors.ts';
import { deferred } from './deferred.ts';
import { closedHere, type Wire } from './wire.ts';

/** What a wire needs of `chrome.runtime.Port` and of `browser.runtime.Port`. */
export interface RuntimePort {
  postMessage(message: unknown): void;
  disconnect(): void;
  onMessage: { addListener(listener: (message: unknown) => void): void };
  onDisconnect: { addListener(listener: () => void): void };
}

/** Copies with structured clone, as the manifest's `message_serialization` asks; it cannot transfer. */
export function runtimePortWire(port: RuntimePort): Wire {
  const { promise: closed, resolve } = deferred<HearthError>();
  let isOpen = true;
  const end = (why: HearthError) => {
    isOpen = false;
    resolve(why);
  };
  port.onDisconnect.addListener(() =>
    end(new HearthError('gone', 'The part of Hearth that was to answer has stopped. Try again.')),
  );

  return {
    post(frame) {
      // A disconnected port throws
      if (isOpen) port.postMessage(frame);
    },
    listen: (receive) => port.onMessage.addListener(receive),
    close() {
      // The side that disconnects is not told
      if (isOpen) port.disconnect();
      end(closedHere());
    },
    closed,
  };
}
