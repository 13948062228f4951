// A hidden frame of ours inside a page, for the moment of the hand-over. The browser tells it the page's true
// origin, and it may send ports to the service worker: the two things that a content script cannot do.
import type { AttachMessage } from '../protocol/hand-over.ts';

addEventListener('message', async ({ source, origin, data: ticket, ports: [pipe] }) => {
  if (source !== parent || typeof ticket !== 'string' || !pipe) return;

  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  active?.postMessage({ kind: 'attach', ticket, origin } satisfies AttachMessage, [port1]);
  pipe.postMessage(undefined, [port2]);
});
