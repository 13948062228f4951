import { HearthError, toFailure } from '../protocol/errors.ts';
import {
  type ControlMessage,
  PAGE_PORT_PREFIX,
  type PortMessage,
  type WakeAnswer,
  type WakeMessage,
} from '../protocol/hand-over.ts';
import { type Bridge, openBridge } from './bridge.ts';
import { relayedPort } from './relayed-port.ts';

const KNOWN_MS = 10_000;

/** Gives the page a port to the offscreen document, over its control port, and tells it when that is lost. */
export async function handOver(control: MessagePort): Promise<void> {
  const tell = (message: ControlMessage, transfer: Transferable[] = []) =>
    control.postMessage(message, transfer);
  const lose = (error: unknown) => tell({ kind: 'lost', ...toFailure(whyLost(error)) });

  let bridge: Bridge | undefined;
  let live: chrome.runtime.Port | undefined;
  try {
    await visited();
    // It loads while the offscreen document is woken
    bridge = openBridge();
    await wake();
    const ticket = randomTicket();
    live = chrome.runtime.connect({ name: PAGE_PORT_PREFIX + ticket });
    live.onDisconnect.addListener(() => lose(new HearthError('gone', 'The engine was closed. Try again.')));
    // The browser cuts the ports of a page that it keeps for the back button
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) lose(new HearthError('gone', 'The page had been put aside. Try again.'));
    });
    await Promise.race([heard(live, 'known'), silence()]);

    const direct = await bridge?.port(ticket, heard(live, 'attached'));
    if (direct) tell({ kind: 'port', path: 'direct' }, [direct]);
    else tell({ kind: 'port', path: 'relayed' }, [relayedPort(live)]);
  } catch (error) {
    live?.disconnect();
    lose(error);
  } finally {
    bridge?.remove();
  }
}

async function wake(): Promise<void> {
  const answer: WakeAnswer | undefined = await chrome.runtime.sendMessage({
    kind: 'wake',
  } satisfies WakeMessage);
  if (!answer) throw new HearthError('gone', 'Hearth did not answer. Reload the page.');
  if (!answer.ok) throw new HearthError(answer.code, answer.message);
}

/** Resolves when the user is on the page: one that the browser prepares in advance must not ask them anything. */
async function visited(): Promise<void> {
  const { prerendering } = document as Document & { prerendering?: boolean };
  if (prerendering)
    await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }));
}

/** An offscreen document that was just closed, or hangs, never answers. */
async function silence(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, KNOWN_MS));
  throw new HearthError('gone', 'The engine does not answer. Try again.');
}

function heard(port: chrome.runtime.Port, kind: PortMessage['kind']): Promise<void> {
  return new Promise((resolve) => {
    port.onMessage.addListener((message: PortMessage) => {
      if (message.kind === kind) resolve();
    });
  });
}

/** 128 bits that the page cannot guess. `crypto.randomUUID` is missing on http pages. */
function randomTicket(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) =>
    word.toString(16).padStart(8, '0'),
  ).join('');
}

/** Scripts of an extension that was updated or removed stay in its pages, cut off from it: only a reload helps. */
function whyLost(error: unknown): unknown {
  return chrome.runtime?.id
    ? error
    : new HearthError(
        'gone',
        'Hearth was updated, reloaded or removed while this page was open. Reload the page to use it again.',
      );
}
