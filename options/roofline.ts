// What a kernel's time is worth, against what the adapter does at best (Williams, Waterman & Patterson 2009).
import type { Ceilings, KernelTime } from '../src/protocol/performance.ts';

export interface KernelSpeed {
  bytesPerSecond: number;
  operationsPerSecond: number;
  /** Operations for each byte. */
  intensity: number;
  /** Of the nearer ceiling; above 1 where what it reads comes from a cache. */
  share: number;
  /** Which ceiling that is. */
  bound: 'memory' | 'arithmetic';
}

/** Undefined where the kernel does not say what it has to do. */
export function speedOf({ us, cost }: KernelTime, ceilings: Ceilings): KernelSpeed | undefined {
  if (!cost || us <= 0) return undefined;
  const bytesPerSecond = (cost.bytes * 1e6) / us;
  const operationsPerSecond = (cost.operations * 1e6) / us;
  const ofMemory = bytesPerSecond / ceilings.bytesPerSecond;
  const ofArithmetic = operationsPerSecond / peakOf(cost.isInteger, ceilings);
  return {
    bytesPerSecond,
    operationsPerSecond,
    intensity: cost.operations / cost.bytes,
    share: Math.max(ofMemory, ofArithmetic),
    bound: ofMemory >= ofArithmetic ? 'memory' : 'arithmetic',
  };
}

function peakOf(isInteger: boolean, { operationsPerSecond, integerOperationsPerSecond }: Ceilings): number {
  return (isInteger ? integerOperationsPerSecond : undefined) ?? operationsPerSecond;
}

/** Of all kernels together: what the step's bytes would take at the memory's ceiling, as a share of what it takes. */
export function stepShare(
  kernels: readonly KernelTime[],
  stepUs: number,
  { bytesPerSecond }: Ceilings,
): number {
  const bytes = kernels.reduce((sum, { cost }) => sum + (cost?.bytes ?? 0), 0);
  return (bytes * 1e6) / stepUs / bytesPerSecond;
}

/** A logarithmic axis, in powers of ten. */
export interface Axis {
  ticks: number[];
  /** 0–1 along the axis. */
  at(value: number): number;
}

/** Long enough for all values, which are positive. */
export function logAxis(values: readonly number[]): Axis {
  const logs = values.map(Math.log10);
  const first = Math.floor(Math.min(...logs));
  const last = Math.max(first + 1, Math.ceil(Math.max(...logs)));
  // Ten ticks at most
  const every = Math.ceil((last - first) / 9);
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  return { ticks, at: (value) => (Math.log10(value) - first) / (last - first) };
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'] as const;

/** In steps of 1000, as rates are told: `450 GB/s`, `27 Tops/s`, `3.2 Mops/s`. */
export function formatPerSecond(value: number, what: 'B' | 'ops'): string {
  let shown = value;
  let unit = 0;
  while (shown >= 999.5 && unit < UNITS.length - 1) {
    shown /= 1000;
    unit++;
  }
  return `${shown.toFixed(shown < 9.95 && unit > 0 ? 1 : 0)}\u00a0${UNITS[unit]}${what}/s`;
}

/** `2.2 ms`, `880 µs` */
export function formatMicroseconds(us: number): string {
  if (us >= 9_950) return `${Math.round(us / 1000)}\u00a0ms`;
  if (us >= 995) return `${(us / 1000).toFixed(1)}\u00a0ms`;
  return `${us < 9.95 ? us.toFixed(1) : Math.round(us)}\u00a0µs`;
}
