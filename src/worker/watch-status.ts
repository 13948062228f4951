import type { OpenCall } from '../channel/serve.ts';
import { type Clock, sleep, systemClock } from '../engine/clock.ts';
import type { EngineStatus } from '../protocol/engine-calls.ts';

const PERIOD_MS = 250;

/** Sends the status, and again when it has changed, until the caller cancels. */
export async function watchStatus(
  engine: { status(): EngineStatus },
  call: OpenCall<EngineStatus>,
  clock: Clock = systemClock,
): Promise<undefined> {
  let last = '';
  while (!call.signal.aborted) {
    const status = engine.status();
    const now = JSON.stringify(status);
    if (now !== last) await call.send(status);
    last = now;
    await sleep(clock, PERIOD_MS);
  }
}
