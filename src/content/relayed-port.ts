import type { Frame } from '../protocol/frames.ts';

/** The fallback path: a port whose frames travel over the page's runtime port, copied at every hop. */
export function relayedPort(live: chrome.runtime.Port): MessagePort {
  const { port1: ours, port2: pages } = new MessageChannel();
  ours.onmessage = ({ data }: MessageEvent<Frame>) => {
    try {
      live.postMessage(data);
    } catch {
      ours.postMessage(unsent(data.id));
    }
  };
  live.onMessage.addListener((message: unknown) => ours.postMessage(message));
  return pages;
}

/** The browser gives no code: it is one of two, and the page hears of the other by its control port as well. */
function unsent(id: number): Frame {
  const message =
    'This request is over 64 MiB, more than a page without an origin can send, or the engine was closed.';
  return { kind: 'fail', id, code: 'too-long', message };
}
