import type { Clock } from '../../src/engine/clock.ts';
import { engineOn, TEXTS } from '../fakes/engine-on.ts';
import { FaultyGpu } from '../fakes/faulty-gpu.ts';
import { random, relativeError } from '../gpu.ts';

/** A stream that brings nothing for so long is stuck. */
const STUCK_MS = 120_000;
const MODELS = ['text', 'other'] as const;
/** Prompts short and long, always with the same seed, so that their answers are always the same. */
const PROMPTS = [3, 9, 40, 120].map((length) => Array.from({ length }, (_, i) => (i * 37 + length) % 1000));

export interface SoakOptions {
  /** Called after each round; no more of them once it says false. */
  goesOn(round: Round): boolean;
  seed: number;
  clock: Clock;
  /** Bytes of the JavaScript heap after everything that is not needed has gone. */
  heapBytes(): number;
}

export interface Round {
  round: number;
  answers: number;
  aborted: number;
  vectors: number;
  /** Live bytes of GPU buffers at most, and once all models were unloaded. */
  peakBytes: number;
  restBytes: number;
  heapBytes: number;
}

/**
 * Rounds of everything at once, on a device whose buffers are counted: pages that come and go, readers that are slow, caps
 * that change, models that are swapped, vectors. Fails at the first answer that is not what it was, the first stream that
 * is stuck, and the first byte that nobody freed.
 */
export async function soak({ goesOn, seed, clock, heapBytes }: SoakOptions): Promise<Round[]> {
  const faulty = new FaultyGpu();
  const world = engineOn(faulty);
  const next = random(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)]!;
  const question = (i: number) => ({
    prompt: { kind: 'ids' as const, ids: PROMPTS[i]! },
    sampling: { ...SAMPLING, seed: i },
  });
  const expected: number[][] = [];
  for (const i of PROMPTS.keys()) expected.push(await world.ask(question(i)));
  const vectors = await world.embed();

  const rounds: Round[] = [];
  for (;;) {
    const counts = { answers: 0, aborted: 0, vectors: 0 };
    let peakBytes = 0;
    faulty.onGrowth = (live) => (peakBytes = Math.max(peakBytes, live));

    const answer = async (leavesAfter: number, readerMs: number) => {
      const i = Math.floor(next() * PROMPTS.length);
      const abort = new AbortController();
      let parts = 0;
      const watch = watched(clock);
      const onIds = async () => {
        watch.progress();
        if (++parts > leavesAfter) abort.abort(new Error('The page has left.'));
        await new Promise<void>((resolve) => clock.after(readerMs, resolve));
      };
      const origin = pick(['https://a.example', 'https://b.example', 'https://c.example']);
      const input = { ...question(i), model: pick(MODELS), origin };
      try {
        const ids = await Promise.race([world.ask(input, onIds, abort.signal), watch.stuck]);
        if (ids.join() !== expected[i]!.join())
          throw new Error(`Prompt ${i} was answered ${ids.join()} and not ${expected[i]!.join()}.`);
        counts.answers++;
      } catch (error) {
        if (!abort.signal.aborted) throw error;
        counts.aborted++;
      } finally {
        watch.end();
      }
    };
    const embed = async () => {
      const watch = watched(clock);
      const all = await Promise.race([world.embed(TEXTS), watch.stuck]).finally(watch.end);
      for (const [i, vector] of all.entries())
        if (!(relativeError(vector, vectors[i]!) < 1e-5)) throw new Error(`Text ${i} has another vector.`);
      counts.vectors += all.length;
    };
    const changeCaps = async () => {
      const caps = { gpuPercent: pick([30, 60, 100]), memoryBytes: pick([4e8, 1e9]) };
      await world.engine.configure({ caps, defaultModel: 'text' });
    };
    await Promise.all([
      ...Array.from({ length: 3 }, () => answer(Number.POSITIVE_INFINITY, 0)),
      answer(Number.POSITIVE_INFINITY, pick([5, 20, 60])),
      answer(pick([0, 1, 2]), 0),
      embed(),
      changeCaps(),
    ]);
    await world.engine.unload(pick(MODELS));
    await Promise.all([answer(Number.POSITIVE_INFINITY, 0), changeCaps()]);

    for (const { id } of world.engine.status().loaded) await world.engine.unload(id);
    const restBytes = faulty.liveBytes;
    if (restBytes > 0) throw new Error(`${restBytes} bytes of GPU buffers are left, with no model loaded.`);
    const round = { round: rounds.length + 1, ...counts, peakBytes, restBytes, heapBytes: heapBytes() };
    rounds.push(round);
    if (!goesOn(round)) return rounds;
  }
}

const SAMPLING = {
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1.1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/** Fails when nothing has come for too long. */
function watched(clock: Clock) {
  let fail!: (error: Error) => void;
  const stuck = new Promise<never>((_, reject) => (fail = reject));
  stuck.catch(() => {});
  const start = () =>
    clock.after(STUCK_MS, () => fail(new Error(`Nothing has come for ${STUCK_MS / 1000} seconds.`)));
  let end = start();
  return {
    stuck,
    progress() {
      end();
      end = start();
    },
    end: () => end(),
  };
}
