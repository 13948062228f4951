import { BRIDGE_PATH } from '../protocol/hand-over.ts';

/** From the insertion of the bridge to the offscreen document's word: 30 ms when warm, longer on a busy machine. */
const BRIDGE_MS = 5000;

/**
 * One end of a port whose other end the bridge has given to the offscreen document; undefined where a bridge
 * cannot work. `attached` says that the offscreen document has its end.
 */
export async function directPort(ticket: string, attached: Promise<void>): Promise<MessagePort | undefined> {
  // A frame of a sandboxed page is sandboxed as well: it has no service worker to turn to
  if (self.origin === 'null') return undefined;

  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = chrome.runtime.getURL(BRIDGE_PATH);
  // A pipe of our own, so that no listener of the page sees a message it does not expect
  const { port1: pipe, port2: bridgeEnd } = new MessageChannel();
  const given = new Promise<MessagePort>((resolve) => {
    pipe.onmessage = ({ ports }) => resolve(ports[0]!);
  });
  frame.onload = () => frame.contentWindow?.postMessage(ticket, new URL(frame.src).origin, [bridgeEnd]);

  try {
    document.documentElement.append(frame);
    return await Promise.race([
      Promise.all([given, attached]).then(([port]) => port),
      new Promise<undefined>((resolve) => setTimeout(resolve, BRIDGE_MS)),
    ]);
  } finally {
    frame.remove();
    pipe.close();
  }
}
