import type { OpenCall } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import type { DownloadProgress } from '../protocol/models.ts';

/** One download or import, as some screen asked for it. */
interface Transfer {
  /** Known with the first part. */
  model: string | undefined;
  stop: AbortController;
}

/** Part by part, as the engine gives it. */
export interface TransferStream<Output> extends AsyncIterable<DownloadProgress> {
  output: Promise<Output>;
}

/**
 * Downloads and imports belong to the user, not to the tab that shows them: they go on when it is closed. Who opens
 * it again asks for the same model and joins in; who cancels pauses the model for everybody.
 */
export class Transfers {
  readonly #running = new Set<Transfer>();

  async run<Output>(
    call: OpenCall<DownloadProgress>,
    open: (signal: AbortSignal) => Promise<TransferStream<Output>>,
  ): Promise<Output> {
    const transfer: Transfer = { model: undefined, stop: new AbortController() };
    this.#running.add(transfer);
    let isWatched = true;
    call.signal.addEventListener('abort', () => {
      isWatched = false;
      if (isCancelled(call.signal.reason)) this.#stop(transfer);
    });
    try {
      const stream = await open(transfer.stop.signal);
      for await (const part of stream) {
        transfer.model = part.model;
        // A screen that goes away while it is told is no reason to stop
        if (isWatched) await call.send(part).catch(() => {});
      }
      return await stream.output;
    } finally {
      this.#running.delete(transfer);
    }
  }

  #stop({ model, stop }: Transfer): void {
    stop.abort();
    for (const other of this.#running) {
      if (model !== undefined && other.model === model) other.stop.abort();
    }
  }
}

/** Cancelled by its caller, who still is there; otherwise the caller has gone. */
function isCancelled(reason: unknown): boolean {
  return reason instanceof HearthError && reason.code === 'cancelled';
}
