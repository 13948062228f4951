import type { RunRequest } from '../../engine/answer/answer.ts';
import { systemClock } from '../../engine/clock.ts';
import { Governor } from '../../engine/schedule/governor.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { loadModel } from '../load.ts';

/** Time at full speed before anything counts: clocks rise, and the engine learns what its steps take. */
const WARM_UP_MS = 1000;

/**
 * The share of the GPU's time that steps take while `--share` percent are allowed: two answers after another without end,
 * one of a prompt of `--pp` tokens each time, over `--seconds`. By timestamps where the adapter has them.
 */
export async function share(args: string[]) {
  const flags = new Flags(args, ['model', 'share', 'seconds', 'pp', 'tg', ...GPU_FLAGS]);
  const percent = flags.integer('share', 30, { min: 1, max: 100 });
  const seconds = flags.integer('seconds', 10, { min: 1, max: 3600 });
  const pp = flags.integer('pp', 256, { min: 1 });
  const tg = flags.integer('tg', 128, { min: 1 });
  const governor = new Governor(systemClock);
  const model = await loadModel(flags, { slots: 2, governor });
  const { gpu } = model;
  const stop = new AbortController();
  const request = (promptTokens: number, seed: number): RunRequest => ({
    ids: Array.from({ length: promptTokens }, (_, i) => (i * 37 + seed) % model.file.config.vocab),
    maxTokens: tg,
    sampling: GREEDY,
    stop: [],
    origin: `https://${promptTokens}.example`,
    lane: 'interactive',
    isPrivate: true,
  });
  const endless = async (promptTokens: number) => {
    for (let i = 0; !stop.signal.aborted; i++)
      await model
        .run(request(promptTokens, i), async () => {}, stop.signal)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        });
  };
  const running = Promise.all([endless(8), endless(pp)]);
  const measure = async (ms: number): Promise<number> => {
    const [from, paidMs] = [performance.now(), governor.paidMs];
    await new Promise((resolve) => setTimeout(resolve, ms));
    return (governor.paidMs - paidMs) / (performance.now() - from);
  };
  await measure(WARM_UP_MS);
  const unlimited = await measure(WARM_UP_MS);
  governor.share = percent / 100;
  // What had been saved up, and what was under way
  await measure(WARM_UP_MS);
  const used = await measure(1000 * seconds);
  stop.abort(new Error('Measured.'));
  await running;
  await model.dispose();
  return {
    adapter: gpu.name,
    timed_by: gpu.has('timestamp-query') ? 'timestamps' : 'the wall clock',
    seconds,
    percent_allowed: percent,
    percent_used: 100 * used,
    percent_used_without_limit: 100 * unlimited,
    is_met: Math.abs(100 * used - percent) <= 3,
  };
}
