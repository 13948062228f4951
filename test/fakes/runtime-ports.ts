import type { RuntimePort } from '../../src/channel/runtime-port.ts';

/**
 * Two ends of a `runtime.Port` as Chrome makes them with `message_serialization: structured_clone`: copies,
 * throws when posting after the end, and tells only the side that did not disconnect.
 */
export function runtimePorts(): [RuntimePort, RuntimePort] {
  const listeners = [0, 1].map(() => ({
    message: [] as ((message: unknown) => void)[],
    disconnect: [] as (() => void)[],
  }));
  let isOpen = true;

  const port = (mine: 0 | 1): RuntimePort => {
    const other = listeners[mine === 0 ? 1 : 0]!;
    return {
      postMessage(message) {
        if (!isOpen) throw new Error('Attempting to use a disconnected port object');
        const copy = structuredClone(message);
        queueMicrotask(() => isOpen && other.message.forEach((listener) => void listener(copy)));
      },
      disconnect() {
        isOpen = false;
        queueMicrotask(() => other.disconnect.forEach((listener) => void listener()));
      },
      onMessage: { addListener: (listener) => void listeners[mine]!.message.push(listener) },
      onDisconnect: { addListener: (listener) => void listeners[mine]!.disconnect.push(listener) },
    };
  };
  return [port(0), port(1)];
}
