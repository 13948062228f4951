// Resampling by a windowed sinc (J. O. Smith, "Digital Audio Resampling", 2002), each value from its position alone: so pieces
// of audio that are read one by one fit together as if all had been read at once.

/** Zero crossings of the sinc on each side. More make the edge at half the lower rate steeper. */
const CROSSINGS = 24;
/** Values of the table for each crossing; between them it is a line. */
const STEPS = 512;

/** Half of the kernel, from its middle outwards, times Hann's window. */
const HALF = Float32Array.from({ length: CROSSINGS * STEPS + 2 }, (_, i) => {
  const x = i / STEPS;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return x >= CROSSINGS ? 0 : sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / CROSSINGS));
});

/** Samples on each side of a position that its value depends on. */
export function reach(rate: number, wanted: number): number {
  return Math.ceil(CROSSINGS * Math.max(1, rate / wanted)) + 1;
}

/**
 * Values at positions [from, to) of the wanted rate.
 * @param samples at `rate`, of which the first is number `first`; what is not there counts as silence
 */
export function resample(
  samples: Float32Array,
  first: number,
  { rate, wanted, from, to }: { rate: number; wanted: number; from: number; to: number },
): Float32Array {
  const ratio = rate / wanted;
  // Downwards, what is above half the wanted rate is taken out
  const width = Math.max(1, ratio);
  const side = CROSSINGS * width;
  return Float32Array.from({ length: to - from }, (_, i) => {
    const at = (from + i) * ratio - first;
    let sum = 0;
    const last = Math.min(samples.length - 1, Math.floor(at + side));
    for (let k = Math.max(0, Math.ceil(at - side)); k <= last; k++) {
      const x = (Math.abs(k - at) / width) * STEPS;
      const step = Math.trunc(x);
      sum += samples[k]! * (HALF[step]! + (x - step) * (HALF[step + 1]! - HALF[step]!));
    }
    return sum / width;
  });
}
