// @ts-check
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { Trouble } from './trouble.mjs';

/** The repository. */
export const root = resolve(import.meta.dirname, '../..');

/** The out folder holds what the tools make for themselves: profiles, bundles, reports, screenshots. */
export const out = resolve(root, 'out');

/**
 * A tool that npm installed, as a path.
 * @param {string} name
 */
export const tool = (name) => resolve(root, 'node_modules/.bin', name);

/**
 * Runs a program to its end, in the repository.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {'stderr' | 'stdout' | 'kept'} [options.output] Where what it says goes; `kept` shows it only if the program fails
 */
export async function run(command, args, { env = process.env, output = 'stderr' } = {}) {
  /** @type {Buffer[]} */
  const kept = [];
  const to = { stderr: 2, stdout: 1, kept: /** @type {const} */ ('pipe') }[output];
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', to, output === 'kept' ? to : 2] });
  child.stdout?.on('data', (chunk) => kept.push(chunk));
  child.stderr?.on('data', (chunk) => kept.push(chunk));

  const ending = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  if (ending === 0) return;
  process.stderr.write(Buffer.concat(kept));
  throw new Trouble(`\`${[command, ...args].join(' ')}\` ended with ${ending}. What it said is above.`);
}

/**
 * Says what is being done, then how long it took if that was over a second. On stderr: stdout belongs to answers.
 * @template Result
 * @param {string} what
 * @param {() => Result | Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function step(what, work) {
  console.error(`· ${what}`);
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  if (seconds > 1) console.error(`  ${seconds.toFixed(1)} s`);
  return result;
}
