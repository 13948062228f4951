import { deferred } from '../channel/deferred.ts';
import type { OpenCall } from '../channel/serve.ts';

/** Ports into WebAssembly frames. A worker cannot make frames, so the offscreen document does. */
export class WasmPorts {
  readonly #maker = deferred<OpenCall<MessagePort>>();

  /** Serves the call that the offscreen document keeps open. */
  serve(call: OpenCall<MessagePort>): Promise<undefined> {
    this.#maker.resolve(call);
    return new Promise((_, reject) =>
      call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true }),
    );
  }

  /** A port at once; its frame comes to the other end when it is there. */
  open(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // A call that has ended means that this worker is about to end
    void this.#maker.promise.then((call) => call.send(port2, [port2])).catch(() => {});
    return port1;
  }
}
