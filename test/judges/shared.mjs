// @ts-check
// What the judges share: our own command line, and llama.cpp by way of the npm package node-llama-cpp.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../src/build/run.mjs';
import { Trouble } from '../../src/build/trouble.mjs';

export const PACKAGE_FLAG = {
  about: 'The folder of the npm package node-llama-cpp, 3.22 or newer',
  takes: 'FOLDER',
};

/**
 * A command of our own, and the JSON that it prints.
 * @param {string[]} args
 */
export function hearth(...args) {
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
 * @param {string | undefined} folder
 * @returns {Promise<(file: string, ids: readonly number[], options?: { lora?: string }) => Promise<number[][]>>} The logits after each of the ids
 */
export async function openLlama(folder) {
  const llama = await startLlama(folder);
  return async (file, ids, { lora } = {}) => {
    const model = await llama.loadModel({ modelPath: file, ignoreMemorySafetyChecks: true });
    const context = await model.createContext({
      contextSize: Math.max(256, ids.length),
      ...(lora && { lora: { adapters: [{ filePath: lora }] } }),
    });
    const outputs = await context
      .getSequence()
      .controlledEvaluate(ids.map((id) => [id, { generateNext: { logits: true } }]));
    await model.dispose();
    return outputs.map((/** @type {any} */ { next }) => byId(next.logits));
  };
}

/**
 * @param {string | undefined} folder
 * @returns {Promise<(file: string, texts: readonly string[]) => Promise<number[][]>>} The vector of each text
 */
export async function openLlamaEmbeddings(folder) {
  const llama = await startLlama(folder);
  return async (file, texts) => {
    const model = await llama.loadModel({ modelPath: file, ignoreMemorySafetyChecks: true });
    const context = await model.createEmbeddingContext({ contextSize: model.trainContextSize });
    const vectors = [];
    for (const text of texts) vectors.push([...(await context.getEmbeddingFor(text)).vector]);
    await model.dispose();
    return vectors;
  };
}

/** @param {string | undefined} folder */
async function startLlama(folder) {
  if (!folder)
    throw new Trouble(
      'Say where node-llama-cpp is by --package FOLDER: it is too big to be among the dependencies.',
    );
  const { getLlama } = await import(pathToFileURL(resolve(folder, 'dist/index.js')).href);
  return getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
}

/** @param {Map<number, number>} logits The largest first */
function byId(logits) {
  return [...logits].sort(([a], [b]) => a - b).map(([, logit]) => logit);
}

/**
 * @param {number[]} actual
 * @param {number[]} expected
 */
export function relativeError(actual, expected) {
  const norm = (/** @type {number[]} */ values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(expected.map((value, i) => (actual[i] ?? Number.NaN) - value)) / norm(expected);
}
