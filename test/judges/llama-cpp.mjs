// @ts-check
// Judges the engine's logits by llama.cpp's, on its CPU: for every type of weights a small model of random blocks.
//
//   node test/judges/llama-cpp.mjs --package ~/somewhere/node_modules/node-llama-cpp [--types Q2_K,MXFP4]
//
// llama.cpp rounds activations to 8 bits and the like before it multiplies, so the two differ by that; a block read
// wrongly differs by far more.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseFlags } from '../../src/build/flags.mjs';
import { out, root } from '../../src/build/run.mjs';
import { main, Trouble } from '../../src/build/trouble.mjs';

const IDS = [3, 1001, 512, 7, 90, 1001, 3, 255];
/** llama.cpp's own rounding; relative L2 of all logits. */
const TOLERANCE = 2e-2;
/** ggml knows these only as what it rounds activations to. */
const NOT_FOR_WEIGHTS = ['Q8_K'];

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    package: { about: 'The folder of the npm package node-llama-cpp, 3.22 or newer', takes: 'FOLDER' },
    types: { about: 'Some types instead of all', takes: 'A,B' },
  });
  if (!flags.package)
    throw new Trouble(
      'Say where node-llama-cpp is by --package FOLDER: it is too big to be among the dependencies.',
    );
  const llama = await openLlama(resolve(flags.package));
  const types = flags.types?.split(',') ?? allTypes();
  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });

  let wrong = 0;
  for (const type of types) {
    const file = resolve(folder, `random-${type}.gguf`);
    hearth('random', '--shape', 'tiny', '--quant', type, '--out', file);
    const { logits } = hearth('logits', '--model', file, '--ids', IDS.join(), '--all');
    const error = relativeError(logits.flat(), (await llama(file)).flat());
    if (!(error <= TOLERANCE)) wrong++;
    console.log(`${type.padEnd(8)} ${error.toExponential(1)}${error <= TOLERANCE ? '' : '  too far'}`);
    rmSync(file);
  }
  console.log(
    `${types.length - wrong} of ${types.length} types within ${TOLERANCE} at ${IDS.length} positions`,
  );
  if (wrong > 0) process.exitCode = 1;
});

/** Each type has a folder of its name. */
function allTypes() {
  return readdirSync(resolve(root, 'kernels/quants'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name.toUpperCase().replaceAll('-', '_'))
    .filter((type) => !NOT_FOR_WEIGHTS.includes(type));
}

/**
 * A command of our own, and the JSON that it prints.
 * @param {string[]} args
 */
function hearth(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/build/cli.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0)
    throw new Trouble(`\`hearth ${args.join(' ')}\` ended with ${status}. It said: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * @param {string} folder
 * @returns {Promise<(file: string) => Promise<number[][]>>} The logits after each of IDS
 */
async function openLlama(folder) {
  const { getLlama } = await import(pathToFileURL(resolve(folder, 'dist/index.js')).href);
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
  return async (file) => {
    const model = await llama.loadModel({ modelPath: file, ignoreMemorySafetyChecks: true });
    const context = await model.createContext({ contextSize: 256 });
    const outputs = await context
      .getSequence()
      .controlledEvaluate(IDS.map((id) => [id, { generateNext: { logits: true } }]));
    await model.dispose();
    return outputs.map((/** @type {any} */ { next }) => byId(next.logits));
  };
}

/** @param {Map<number, number>} logits The largest first */
function byId(logits) {
  return [...logits].sort(([a], [b]) => a - b).map(([, logit]) => logit);
}

/**
 * @param {number[]} actual
 * @param {number[]} expected
 */
function relativeError(actual, expected) {
  const norm = (/** @type {number[]} */ values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(expected.map((value, i) => (actual[i] ?? Number.NaN) - value)) / norm(expected);
}
