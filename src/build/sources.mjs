// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './run.mjs';

/**
 * Builds `output` unless it was built from these very sources. What it was built from is noted inside it, so
 * emptying the folder, or building it in another way, makes it stale.
 * @param {{output: string, sources: string[]}} paths A folder, and files or folders, relative to the repository
 * @param {() => Promise<void>} build
 * @param {string} [base]
 */
export async function buildIfStale({ output, sources }, build, base = root) {
  const note = resolve(base, output, '.built-from');
  const now = fingerprint(sources, base);
  if (existsSync(note) && readFileSync(note, 'utf8') === now) return;

  await build();
  writeFileSync(note, now);
}

/**
 * One hash of names and contents: times say nothing, a checkout changes them. Tests are not part of any build.
 * @param {string[]} sources
 */
export function fingerprint(sources, base = root) {
  const hash = createHash('sha256');
  const files = sources.flatMap((source) => filesUnder(source, base));
  for (const file of files.sort())
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(base, file)))
        .digest(),
    );
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @param {string} base
 * @returns {string[]}
 */
function filesUnder(path, base) {
  if (!statSync(join(base, path)).isDirectory()) return path.includes('.test.') ? [] : [path];
  return readdirSync(join(base, path)).flatMap((name) => filesUnder(`${path}/${name}`, base));
}
