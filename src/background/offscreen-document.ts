import { OFFSCREEN_PATH } from '../protocol/hand-over.ts';
import type { ServiceWorkerScope } from './worker-scope.ts';

let opening: Promise<void> | undefined;

/** Opens the offscreen document unless it is there. */
export async function ensureOffscreen(): Promise<void> {
  const open = await chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
  if (open.length > 0 && !opening) return;

  // Keeps two calls in one life of the worker from racing
  opening ??= chrome.offscreen
    .createDocument({
      url: OFFSCREEN_PATH,
      // Has no limit on its life, and is true: the engine is a worker of this document
      reasons: ['WORKERS'],
      justification: 'Runs the shared language model engine in a worker that outlives the service worker.',
    })
    .finally(() => (opening = undefined));
  await opening;
}

/** Sends to the offscreen document as a client of the service worker: the only way in for a port. */
export async function postToOffscreen(
  worker: Pick<ServiceWorkerScope, 'clients'>,
  message: unknown,
  transfer: Transferable[],
): Promise<void> {
  const url = chrome.runtime.getURL(OFFSCREEN_PATH);
  const clients = await worker.clients.matchAll({ includeUncontrolled: true, type: 'all' });
  clients.find((client) => client.url === url)?.postMessage(message, transfer);
}
