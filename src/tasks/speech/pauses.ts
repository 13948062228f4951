import type { AudioSource } from '../audio/audio-source.ts';

/** Seconds: a pause is looked for in the last third of a window, as the quietest stretch of this length. */
const PAUSE = 0.2;
const STEP = 0.02;

/** Where a window that begins at a sample is to end: at the audio's end, or in the middle of the longest rest before it is full. */
export async function windowEnd(source: AudioSource, from: number, most: number): Promise<number> {
  if (source.length - from <= most) return source.length;
  const searched = Math.floor((most * 2) / 3);
  const samples = await source.read(from + searched, from + most);
  return from + searched + quietest(samples, Math.floor(PAUSE * source.rate), Math.floor(STEP * source.rate));
}

/** The middle of the stretch that has the least power, the last of those that have as little. */
export function quietest(samples: Float32Array, length: number, step: number): number {
  const power = (from: number) =>
    samples.subarray(from, from + length).reduce((sum, value) => sum + value * value, 0);
  let [best, least] = [Math.max(0, samples.length - length), Number.POSITIVE_INFINITY];
  for (let at = best; at >= 0; at -= step) {
    const here = power(at);
    if (here < least) [best, least] = [at, here];
  }
  return Math.min(samples.length, best + Math.floor(length / 2));
}
