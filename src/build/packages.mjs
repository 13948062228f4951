// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { root, run, step } from './run.mjs';
import { Trouble } from './trouble.mjs';

/** Installs the npm packages of the lock file, if those that are there are not the same. */
export async function ensurePackages() {
  const wanted = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  const missing = missingPackages(wanted, installed);
  if (missing.length === 0) return;

  await step(
    `Installing the npm packages (${missing.length} are missing or of another version)`,
    async () => {
      try {
        // `prefer-offline`: without a network, what npm's cache holds is enough. Development tools are wanted
        // whatever NODE_ENV says.
        await npm(['ci', '--prefer-offline', '--include=dev', '--no-audit', '--no-fund']);
      } catch (cause) {
        throw new Trouble(
          'The npm packages could not be installed; what npm said is above. ' +
            'Check that this machine is online and can reach its npm registry, then run the same command again.',
          { cause },
        );
      }
    },
  );
}

/**
 * Names of packages that the lock file wants and that are not installed in that version. Optional ones are
 * for other platforms, so they may be missing.
 * @typedef {{packages?: Record<string, {version?: string, optional?: boolean}>}} Lock
 * @param {Lock} wanted The repository's lock file
 * @param {Lock} installed The one that npm keeps of what it has put into node_modules
 */
export function missingPackages(wanted, installed) {
  return Object.entries(wanted.packages ?? {})
    .filter(
      ([path, { version, optional }]) =>
        path !== '' && !optional && installed.packages?.[path]?.version !== version,
    )
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

/** @returns {Lock} */
function readLock(/** @type {string} */ path) {
  const file = resolve(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** npm runs with the Node that runs us, and is the npm that started us if one did. */
function npm(/** @type {string[]} */ args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js')
    ? run(process.execPath, [script, ...args], { output: 'kept' })
    : run('npm', args, { output: 'kept' });
}
