import type { ModelInfo } from '../protocol/models.ts';
import { MEMORY_BYTES_RANGE } from '../protocol/settings.ts';
import { formatBytes, formatPercent, plural } from './format.ts';

const MIB = 2 ** 20;
/** A slider with more stops than this cannot be set by hand. */
const MAX_STOPS = 128;

/** What the share slider stands at: `60 % of this GPU`. */
export function describeShare(gpuPercent: number): string {
  return `${formatPercent(gpuPercent)} of this GPU`;
}

export function explainShare(gpuPercent: number): string {
  if (gpuPercent >= 100)
    return 'Answers come as fast as this GPU can; video and games may stutter meanwhile.';
  const milliseconds = Math.round(gpuPercent * 10);
  return `Of each second, Hearth computes for at most ${milliseconds}\u00a0milliseconds. The rest stays free for everything else.`;
}

/** What the memory slider stands at: `6.0 GB of 24 GB`. */
export function describeMemory(memoryBytes: number, machineBytes: number): string {
  return `${formatBytes(memoryBytes)} of ${formatBytes(machineBytes)}`;
}

/** Which of the models with a known need would run under the cap. */
export function explainMemory(memoryBytes: number, models: readonly ModelInfo[]): string {
  const sized = models.filter((model) => model.memoryBytes !== undefined);
  const fitting = sized.filter((model) => model.memoryBytes! <= memoryBytes);
  if (sized.length === 0) return 'Models, and the text that they keep in mind, stay within this.';
  if (fitting.length === 0) return `None of ${plural(sized.length, 'listed model')} fits.`;
  const largest = fitting.reduce((a, b) => (b.memoryBytes! > a.memoryBytes! ? b : a));
  const count =
    fitting.length === sized.length ? `All ${sized.length}` : `${fitting.length} of ${sized.length}`;
  return `${count} listed models fit, up to ${largest.name}.`;
}

/** Bounds and step of the memory slider, in bytes; `min` and `max` are whole steps. */
export function memoryStops(machineBytes: number): { min: number; max: number; step: number } {
  const most = Math.min(MEMORY_BYTES_RANGE.max, Math.max(MEMORY_BYTES_RANGE.min, machineBytes));
  let step = 256 * MIB;
  while (most / step > MAX_STOPS) step *= 2;
  return { min: step, max: Math.max(step, Math.floor(most / step) * step), step };
}
