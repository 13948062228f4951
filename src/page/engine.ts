import { type Client, connect } from '../channel/connect.ts';
import { deferred } from '../channel/deferred.ts';
import { messagePortWire } from '../channel/message-port.ts';
import type { Wire } from '../channel/wire.ts';
import { fromFailure, type HearthError } from '../protocol/errors.ts';
import { ATTACH_EVENT, type ControlMessage } from '../protocol/hand-over.ts';
import type { PageCalls } from '../protocol/page-calls.ts';

let client: Promise<Client<PageCalls>> | undefined;

/** The engine's end of this page's calls: attached by the first call, and again by the first after it was lost. */
export function engine(): Promise<Client<PageCalls>> {
  if (!client) {
    const forget = () => {
      client = undefined;
    };
    client = attach().then((wire) => {
      void wire.closed.then(forget);
      return connect<PageCalls>(wire);
    });
    client.catch(forget);
  }
  return client;
}

/** Asks our content script, in its isolated world, for a port; it gets the other end of a control port. */
function attach(): Promise<Wire> {
  const wire = deferred<Wire>();
  const lost = deferred<HearthError>();
  const { port1: control, port2 } = new MessageChannel();

  control.onmessage = ({ data, ports }: MessageEvent<ControlMessage>) => {
    if (data.kind === 'port') wire.resolve(messagePortWire(ports[0]!, lost.promise));
    else {
      const error = fromFailure(data);
      lost.resolve(error);
      wire.reject(error);
      control.close();
    }
  };
  dispatchEvent(new MessageEvent(ATTACH_EVENT, { ports: [port2] }));
  return wire.promise;
}
