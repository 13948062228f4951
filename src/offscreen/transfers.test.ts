import { expect, test } from 'vitest';
import { connect } from '../channel/connect.ts';
import { serve } from '../channel/serve.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { Transfers } from './transfers.ts';

interface Calls {
  download: { input: string; part: DownloadProgress; output: string };
}

/** Screens over one `Transfers`; each download goes on by one part whenever it is told to. */
function screens() {
  const transfers = new Transfers();
  const steps = new Set<() => void>();
  const log: string[] = [];
  const open = (model: string) => async (signal: AbortSignal) => {
    async function* parts() {
      for (let receivedBytes = 1; receivedBytes <= 3; receivedBytes++) {
        yield { model, receivedBytes, sizeBytes: 3, bytesPerSecond: 0, phase: 'downloading' as const };
        await new Promise<void>((resolve) => steps.add(resolve));
        signal.throwIfAborted();
      }
      log.push(`${model} arrived`);
    }
    return Object.assign(parts(), { output: Promise.resolve(model) });
  };
  return {
    log,
    /** A closed screen is a closed wire. */
    open() {
      const [near, far] = memoryWires();
      serve<Calls>(
        far,
        {
          download: { parse: String, run: (model, call) => transfers.run(call, open(model)) },
        },
        { report() {} },
      );
      return { wire: near, client: connect<Calls>(near) };
    },
    async step() {
      for (let i = 0; i < 50; i++) await Promise.resolve();
      for (const go of [...steps]) go();
      steps.clear();
      for (let i = 0; i < 50; i++) await Promise.resolve();
    },
  };
}

test('a download goes on when the screen that began it is closed', async () => {
  const { open, step, log } = screens();
  const { wire, client } = open();
  client.call('download', 'a').catch(() => {});
  await step();
  wire.close();
  await step();
  await step();
  await step();
  expect(log).toEqual(['a arrived']);
});

test('cancelling pauses the model for every screen that shows it, and no other model', async () => {
  const { open, step, log } = screens();
  const [one, two] = [open(), open()];
  const pause = new AbortController();
  const paused = one.client.call('download', 'a', { signal: pause.signal });
  const shown = two.client.call('download', 'a');
  const other = two.client.call('download', 'b');
  for (const call of [paused, shown, other]) call.catch(() => {});
  await step();
  pause.abort();
  await step();
  await step();
  await step();
  await expect(paused).rejects.toThrow();
  await expect(shown).rejects.toMatchObject({ code: 'cancelled' });
  expect(log).toEqual(['b arrived']);
});
