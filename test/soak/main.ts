// `npm run soak`: rounds of mixed load for as long as it is told; figures as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../src/engine/clock.ts';
import { type Round, soak } from './soak.ts';

/** What the heap may grow by after its first rounds, in which code is compiled and caches fill. */
const GROWTH_BYTES = 24e6;
const WARM_UP_ROUNDS = 3;

declare const gc: (() => void) | undefined;

function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!(value > 0)) throw new Error(`--${name} takes a number over 0.`);
  return value;
}

function heapBytes(): number {
  gc?.();
  return process.memoryUsage().heapUsed;
}

const minutes = argument('minutes', 120);
const seed = argument('seed', 1);
const startedAt = systemClock.now();
const all: Round[] = [];
let failure: string | undefined;
try {
  await soak({
    seed,
    clock: systemClock,
    heapBytes,
    goesOn(round) {
      all.push(round);
      const seconds = (systemClock.now() - startedAt) / 1000;
      console.log(
        `${seconds.toFixed(0).padStart(6)} s, round ${round.round}: ${round.answers} answers, heap ${(round.heapBytes / 1e6).toFixed(1)} MB`,
      );
      const [warm] = all.slice(WARM_UP_ROUNDS);
      if (warm && round.heapBytes > warm.heapBytes + GROWTH_BYTES)
        throw new Error(`The heap grew from ${warm.heapBytes} to ${round.heapBytes} bytes.`);
      return seconds < 60 * minutes;
    },
  });
} catch (error) {
  failure = error instanceof Error ? error.message : String(error);
  console.error(failure);
  process.exitCode = 1;
}
mkdirSync('out/soak', { recursive: true });
const minutesRun = (systemClock.now() - startedAt) / 60_000;
const summary = { node: process.version, seed, minutes: minutesRun, failure, rounds: all };
writeFileSync('out/soak/soak.json', `${JSON.stringify(summary, null, 2)}\n`);
// Dawn keeps the process alive
process.exit();
