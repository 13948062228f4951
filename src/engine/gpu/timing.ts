import { median } from './median.ts';

/** Browsers round timestamps to 100 µs: what is timed takes long enough for that not to matter. */
const LEAST_MS = 4;
const RUNS = { least: 3, most: 7 };
/** Where a single run takes long, as on a CPU that plays a GPU, fewer will do. */
const ENOUGH_MS = 200;
/** Times as many repetitions in the next trial, where a trial took too little time to go by. */
const GROWTH = 16;

/**
 * Milliseconds of one repetition, the median of up to seven runs. `run` does so many repetitions and resolves to what they took; the
 * first runs, which find out how many there should be, warm up as well.
 */
export async function timeRepeated(
  run: (repeats: number) => Promise<number>,
  mostRepeats: number,
): Promise<number> {
  let repeats = 1;
  for (let ms = await run(1); ms < LEAST_MS && repeats < mostRepeats; ms = await run(repeats))
    repeats = Math.min(mostRepeats, Math.ceil(repeats * within(2, LEAST_MS / ms, GROWTH)));
  const times: number[] = [];
  for (let spent = 0; times.length < RUNS.most && (times.length < RUNS.least || spent < ENOUGH_MS); ) {
    const ms = await run(repeats);
    times.push(ms);
    spent += ms;
  }
  return median(times) / repeats;
}

function within(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
