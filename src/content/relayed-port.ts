import { toFailure } from '../protocol/errors.ts';
import type { Frame } from '../protocol/frames.ts';

/** The fallback path: a port whose frames travel over the page's runtime port, copied at every hop. */
export function relayedPort(live: chrome.runtime.Port): MessagePort {
  const { port1: ours, port2: pages } = new MessageChannel();
  ours.onmessage = ({ data }: MessageEvent<Frame>) => {
    try {
      live.postMessage(data);
    } catch (error) {
      // A message over 64 MiB, or a port that has just been cut
      ours.postMessage({ kind: 'fail', id: data.id, ...toFailure(error) } satisfies Frame);
    }
  };
  live.onMessage.addListener((message: unknown) => ours.postMessage(message));
  return pages;
}
