import { deferred } from '../channel/deferred.ts';
import type { OpenCall } from '../channel/serve.ts';

/** Ports into the WebAssembly frame. A worker cannot make frames, so the offscreen document lends it one. */
export class WasmPorts {
  readonly #lender = deferred<OpenCall<MessagePort>>();

  /** Serves the call that the offscreen document keeps open. */
  serve(call: OpenCall<MessagePort>): Promise<undefined> {
    this.#lender.resolve(call);
    return new Promise((_, reject) =>
      call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true }),
    );
  }

  /** A port at once; the frame comes to its other end when it is there. */
  open(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    void this.#lender.promise.then((call) => call.send(port2, [port2])).catch(() => port2.close());
    return port1;
  }
}
