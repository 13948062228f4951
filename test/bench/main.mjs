// @ts-check
// `npm run bench`: with `--model FILE`, `hearth bench` on that file. Without, shapes that suit the machine, with random
// weights that are always the same: a table on stdout, JSON in out/bench/bench.json.
import '../../src/build/node-version.mjs';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { findChromium } from '../../src/build/chromium.mjs';
import { out, root, run } from '../../src/build/run.mjs';
import { main } from '../../src/build/trouble.mjs';
import { hasGpu, vulkanEnvironment } from '../../src/build/vulkan.mjs';
import { outcome, table } from './peers/figures.mjs';
import { randomModel } from './random-model.mjs';

/** With a GPU those of the usual tables; without one such as a processor that plays it takes a minute for. */
const WITH_GPU = {
  models: [
    ['llama-3.2-1b', 'Q4_0'],
    ['llama-3.2-1b', 'Q4_K_M'],
  ],
  flags: { pp: 512, tg: 128, repeat: 5 },
  streams: 8,
};
const WITHOUT = {
  models: [
    ['tiny', 'Q4_0'],
    ['tiny', 'Q4_K_M'],
    ['tiny', 'Q8_0'],
    ['tiny-moe', 'Q4_0'],
  ],
  flags: { pp: 32, tg: 16, repeat: 3 },
  streams: 4,
};

const command = [resolve(root, 'src/build/cli.mjs')];

await main(async () => {
  const args = process.argv.slice(2);
  if (args.length > 0) return run(process.execPath, [...command, 'bench', ...args], { output: 'stdout' });

  const { models, flags, streams } = hasGpu() || process.platform === 'darwin' ? WITH_GPU : WITHOUT;
  const env = vulkanEnvironment({ chromium: findChromium() });
  const bench = async (/** @type {object} */ flags) => {
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { stdout } = await promisify(execFile)(process.execPath, [...command, 'bench', ...given], { env });
    return JSON.parse(stdout);
  };
  const outcomes = [];
  for (const [shape = '', quant = ''] of models)
    outcomes.push(
      await outcome(`${shape}, ${quant}`, async () => {
        const model = await randomModel(shape, quant, command);
        const one = await bench({ model, ...flags });
        const many = await bench({ model, ...flags, pp: 0, concurrency: streams });
        const rate = (/** @type {any} */ { tests }, /** @type {string} */ name) =>
          tests.find((/** @type {any} */ { test }) => test === name).tokens_per_second;
        return {
          device: one.adapter.name,
          figures: {
            decode: rate(one, `tg${flags.tg}`),
            prefill: rate(one, `pp${flags.pp}`),
            streams: rate(many, `tg${flags.tg}`),
          },
          details: { one, many },
        };
      }),
    );
  mkdirSync(resolve(out, 'bench'), { recursive: true });
  const result = { bench: 'shapes', node: process.version, flags, streams, outcomes };
  writeFileSync(resolve(out, 'bench/bench.json'), `${JSON.stringify(result, null, 2)}\n`);
  const devices = new Set(outcomes.map(({ device }) => device).filter(Boolean));
  console.log(
    `${[...devices].join(', ')}: a prompt of ${flags.pp} tokens, answers of ${flags.tg}, ${streams} streams.\n`,
  );
  console.log(table(outcomes));
  if (outcomes.some(({ because }) => because)) process.exitCode = 1;
});
