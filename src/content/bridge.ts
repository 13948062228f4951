import { BRIDGE_PATH } from '../protocol/hand-over.ts';

/** From the insertion of the bridge to the offscreen document's word: 30 ms when warm, longer on a busy machine. */
const BRIDGE_MS = 2500;

/** A bridge on its way in. */
export interface Bridge {
  /**
   * One end of a port whose other end the bridge has given to the offscreen document; undefined where a bridge
   * cannot work. `attached` says that the offscreen document, which must know the ticket, has its end.
   */
  port(ticket: string, attached: Promise<void>): Promise<MessagePort | undefined>;
  remove(): void;
}

export function openBridge(): Bridge | undefined {
  // A frame of a sandboxed page is sandboxed as well: it has no service worker to turn to
  if (self.origin === 'null') return undefined;

  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = chrome.runtime.getURL(BRIDGE_PATH);
  const loaded = new Promise((resolve) => {
    frame.onload = resolve;
  });
  document.documentElement.append(frame);

  return {
    async port(ticket, attached) {
      const late = new Promise<undefined>((resolve) => setTimeout(resolve, BRIDGE_MS));
      return Promise.race([late, loaded.then(() => ask(frame, ticket, attached))]);
    },
    remove: () => frame.remove(),
  };
}

async function ask(frame: HTMLIFrameElement, ticket: string, attached: Promise<void>): Promise<MessagePort> {
  // A pipe of our own, so that no listener of the page sees a message it does not expect
  const { port1: pipe, port2: bridgeEnd } = new MessageChannel();
  const given = new Promise<MessagePort>((resolve) => {
    pipe.onmessage = ({ ports }) => resolve(ports[0]!);
  });
  frame.contentWindow?.postMessage(ticket, new URL(frame.src).origin, [bridgeEnd]);
  await attached;
  return given;
}
