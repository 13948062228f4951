// `npm run mesh:sim -- --seeds N [--from N] | --seed N`: rooms by the thousand, or one again with all that happened.
import { parseArgs } from 'node:util';
import { runScenario } from './sim/scenario.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
  },
});

if (values.seed !== undefined) {
  const { trace, broken } = await runScenario(Number(values.seed));
  console.log(trace.join('\n'));
  if (broken.length > 0) process.exitCode = 1;
} else {
  const [from, count] = [Number(values.from), Number(values.seeds)];
  const totals = { asked: 0, answered: 0, failed: 0, recoveries: 0, lost: 0 };
  const pauses: number[] = [];
  const failures: number[] = [];
  const started = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runScenario(seed);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += outcome[key];
    if (outcome.longestPauseMs > 0) pauses.push(outcome.longestPauseMs);
    if (outcome.broken.length === 0) continue;
    failures.push(seed);
    console.log(`seed ${seed}: ${outcome.broken[0]}`);
    if (failures.length === 1) console.log(outcome.trace.join('\n'));
    if (failures.length >= 20) break;
  }
  pauses.sort((a, b) => a - b);
  const pauseMs = (share: number) => Math.round(pauses[Math.floor(share * (pauses.length - 1))] ?? 0);
  console.log(
    `${count} seeds in ${((performance.now() - started) / 1000).toFixed(0)} s: ${JSON.stringify(totals)}, longest pause of a room's answers p50 ${pauseMs(0.5)} ms, p99 ${pauseMs(0.99)} ms; ${failures.length} broken${failures.length > 0 ? `: ${failures.join(' ')}` : ''}`,
  );
  if (failures.length > 0) process.exitCode = 1;
}
