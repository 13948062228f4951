import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildIfStale } from './sources.mjs';

let base: string;
let builds: number;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'hearth-sources-'));
  builds = 0;
  write('src/a/one.ts', '1');
  write('manifest.json', '{}');
});
afterEach(() => rmSync(base, { recursive: true }));

function write(path: string, text: string) {
  mkdirSync(join(base, path, '..'), { recursive: true });
  writeFileSync(join(base, path), text);
}

const build = () =>
  buildIfStale(
    { output: 'dist', sources: ['src', 'manifest.json'] },
    async () => {
      builds++;
      rmSync(join(base, 'dist'), { recursive: true, force: true });
      write('dist/built.js', '');
    },
    base,
  );

/** Builds, makes the change, builds again: how often was really built? */
async function buildsAround(change: () => void): Promise<number> {
  await build();
  change();
  await build();
  return builds;
}

test.each([
  { why: 'a changed file', change: () => write('src/a/one.ts', '2') },
  { why: 'a new file', change: () => write('src/b.wgsl', '') },
  {
    why: 'a file that moved',
    change: () => renameSync(join(base, 'src/a/one.ts'), join(base, 'src/one.ts')),
  },
  { why: 'a file that went', change: () => rmSync(join(base, 'src/a/one.ts')) },
  { why: 'a changed source that is no folder', change: () => write('manifest.json', '{ }') },
  { why: 'an output that went', change: () => rmSync(join(base, 'dist'), { recursive: true }) },
])('$why makes the build stale', async ({ change }) => {
  expect(await buildsAround(change)).toBe(2);
});

test.each([
  { why: 'nothing', change: () => {} },
  { why: 'a newer time, as a checkout gives', change: () => utimesSync(join(base, 'src/a/one.ts'), 9, 9) },
  { why: 'a test', change: () => write('src/a/one.test.ts', '') },
])('$why does not', async ({ change }) => {
  expect(await buildsAround(change)).toBe(1);
});

test('contents that swap their names make it stale', async () => {
  write('src/two.ts', '2');
  expect(
    await buildsAround(() => {
      write('src/a/one.ts', '2');
      write('src/two.ts', '1');
    }),
  ).toBe(2);
});

test('a build that fails is tried again, and its error is told', async () => {
  const fail = buildIfStale(
    { output: 'dist', sources: ['src'] },
    () => Promise.reject(new Error('no')),
    base,
  );
  await expect(fail).rejects.toThrow('no');
  expect(readdirSync(base)).not.toContain('dist');
  await build();
  expect(builds).toBe(1);
});
