import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'CHANGELOG.md'];

test.each(PAGES)('%s points at files that are there', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !existsSync(resolve(root, dirname(page), link)))).toEqual([]);
});

test.each(PAGES)('%s names npm scripts that exist', (page) => {
  const scripts = [...read(page).matchAll(/npm (?:run (?:--silent )?)?([a-z][\w:]*)/g)].map(
    ([, name]) => name!,
  );
  expect(scripts.filter((name) => name !== 'run' && !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});

test('the models that the readme runs are there', () => {
  const models = [...read('README.md').matchAll(/--model (\S+)/g)].map(([, path]) => path!);
  expect(models.length).toBeGreaterThan(0);
  expect(models.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
});

test('the changelog knows this version', () => {
  expect(read('CHANGELOG.md')).toContain(`## ${manifest.version}`);
});

function read(page: string): string {
  return readFileSync(resolve(root, page), 'utf8');
}
