// @ts-check
import './node-version.mjs';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { buildExtension } from './extension.mjs';
import { parseFlags, usage } from './flags.mjs';
import { ensurePackages } from './packages.mjs';
import { out, run, tool } from './run.mjs';
import { countTests, totalsLine } from './test-counts.mjs';
import { main, Trouble } from './trouble.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

/** @typedef {{about: string, run: () => Promise<void>}} Part */

/** In order: what fails soonest comes first. */
const PARTS = /** @satisfies {Record<string, Part>} */ ({
  format: { about: 'Format', run: () => run(tool('biome'), ['format'], { output: 'stdout' }) },
  lint: {
    about: 'Lint',
    run: () => run(tool('biome'), ['lint', '--error-on-warnings'], { output: 'stdout' }),
  },
  types: { about: 'Types', run: () => run(tool('tsc'), ['-p', 'tsconfig.json'], { output: 'stdout' }) },
  unit: { about: 'Unit tests', run: () => vitest('unit') },
  kernels: {
    about: 'Kernels and engine on Dawn',
    run: async () => vitest('kernels', vulkanEnvironment({ chromium: await ensureChromium() })),
  },
  build: { about: 'Build', run: buildExtension },
  browser: {
    about: 'The extension in Chromium',
    run: async () => vitest('browser', { ...process.env, HEARTH_CHROMIUM: await ensureChromium() }),
  },
});
const NAMES = /** @type {(keyof typeof PARTS)[]} */ (Object.keys(PARTS));

const FLAGS = {
  only: {
    takes: 'PART,PART…',
    about: `runs only these parts: ${NAMES.join(', ')}`,
    parse: (/** @type {string} */ value) => {
      const names = value.split(',');
      const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
      if (unknown !== undefined)
        throw new Trouble(`--only knows no part "${unknown}". There are: ${NAMES.join(', ')}.`);
      return names;
    },
  },
};

/** Of all parts that ran so far. */
const counts = { passed: 0, failed: 0, skipped: 0 };

await main(async () => {
  const { help, only = NAMES } = parseFlags(process.argv.slice(2), FLAGS);
  if (help) return console.log(`npm test sets everything up and runs every check.\n\n${usage(FLAGS)}`);

  process.once('exit', () => console.log(`\n${totalsLine(counts)}`));
  try {
    await ensurePackages();
    for (const name of NAMES.filter((name) => only.includes(name))) await runPart(PARTS[name]);
  } catch (error) {
    // What fails without naming a test counts as one failure
    counts.failed ||= 1;
    throw error;
  }
});

/** @param {Part} part */
async function runPart({ about, run }) {
  console.log(`\n== ${about}`);
  const start = performance.now();
  try {
    await run();
  } finally {
    console.log(`== ${about}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/**
 * @param {string} project One of test/vitest.config.ts
 * @param {NodeJS.ProcessEnv} [env]
 */
async function vitest(project, env) {
  const report = resolve(out, `test/${project}.json`);
  rmSync(report, { force: true });
  mkdirSync(resolve(out, 'test'), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    await run(tool('vitest'), ['run', '-c', 'test/vitest.config.ts', '--project', project, ...reporters], {
      env,
      output: 'stdout',
    });
  } finally {
    if (existsSync(report)) countTests(JSON.parse(readFileSync(report, 'utf8')), counts);
  }
}
