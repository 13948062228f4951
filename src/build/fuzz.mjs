// @ts-check
// `npm run fuzz`: strangers' bytes for every reader, guided by what they reach. `-- --seconds 60 --seed 7 --target model`.
// Writes a summary to out/fuzz/summary.json, and each input that found something beside it; with `--record` also to
// test/fuzz/summary.json, which is committed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';
import { parseFlags } from './flags.mjs';
import { out, root } from './run.mjs';
import { main, Trouble } from './trouble.mjs';

const TARGETS = ['model', 'parts', 'adapter', 'tokenizer', 'template', 'wav'];
const INPUT_BYTES = 2 ** 20;
/** Past its time, a thread that is not back hangs. */
const GRACE_SECONDS = 30;

const number = (/** @type {string} */ value, /** @type {string} */ name) => {
  if (/^\d+$/.test(value)) return Number(value);
  throw new Trouble(`--${name} is a whole number, not "${value}".`);
};

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    seconds: { about: 'How long each target is fuzzed; 20 if absent', takes: 'N', parse: number },
    seed: { about: 'Another seed makes other inputs; 1 if absent', takes: 'N', parse: number },
    record: { about: 'Keeps the summary in the repository' },
    target: { about: `One of ${TARGETS.join(', ')}; all if absent`, takes: 'NAME' },
  });
  const { seconds = 20, seed = 1 } = flags;
  const targets = TARGETS.filter((name) => !flags.target || name === flags.target);
  if (targets.length === 0) throw new Trouble(`--target is one of ${TARGETS.join(', ')}.`);
  await bundle();

  const folder = resolve(out, 'fuzz');
  /** @type {Record<string, unknown>} */
  const results = {};
  let found = 0;
  for (const target of targets) {
    const { findings, ...figures } = await fuzz({ target, seed, seconds });
    for (const [i, { why, base64 }] of findings.entries()) {
      writeFileSync(resolve(folder, `${target}-${i}.bin`), Buffer.from(base64, 'base64'));
      console.log(`${target}-${i}.bin: ${why}`);
    }
    found += findings.length;
    results[target] = { ...figures, findings: findings.map(({ why }) => why) };
    console.log(
      `${target.padEnd(10)} ${figures.executions} executions, ${figures.blocks} blocks, a corpus of ${figures.corpus}, ${findings.length} findings`,
    );
  }
  const summary = { node: process.version, seed, secondsEach: seconds, targets: results };
  const files = [resolve(folder, 'summary.json')];
  if (flags.record) files.push(resolve(root, 'test/fuzz/summary.json'));
  for (const file of files) writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  if (found > 0) process.exitCode = 1;
});

/**
 * What a thread tells when its time is over.
 * @typedef {object} Summary
 * @property {number} executions
 * @property {number} corpus
 * @property {number} blocks
 * @property {{ why: string, base64: string }[]} findings
 */

/**
 * @param {{ target: string, seed: number, seconds: number }} what
 * @returns {Promise<Summary>}
 */
function fuzz(what) {
  const current = new SharedArrayBuffer(4 + INPUT_BYTES);
  const worker = new Worker(resolve(out, 'fuzz/fuzz-worker.mjs'), { workerData: { ...what, current } });
  const input = () => {
    const length = Math.min(INPUT_BYTES, new Uint32Array(current, 0, 1)[0] ?? 0);
    return Buffer.from(new Uint8Array(current, 4, length)).toString('base64');
  };
  return new Promise((done) => {
    const gaveUp = (/** @type {string} */ why) =>
      done({ executions: 0, corpus: 0, blocks: 0, findings: [{ why, base64: input() }] });
    const timer = setTimeout(
      () => {
        gaveUp('a hang');
        void worker.terminate();
      },
      1000 * (what.seconds + GRACE_SECONDS),
    );
    worker.once('message', done);
    worker.once('error', (error) => gaveUp(`the thread died: ${error.stack}`));
    worker.once('exit', () => clearTimeout(timer));
  });
}

/** One file, whose blocks are counted. */
async function bundle() {
  mkdirSync(resolve(out, 'fuzz'), { recursive: true });
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['webgpu'] },
    build: {
      ssr: 'test/fuzz/worker.ts',
      outDir: 'out/fuzz',
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'fuzz-worker.mjs', codeSplitting: false } },
    },
  });
}
