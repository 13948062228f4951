import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild } from './harness.ts';

const LIMIT_BYTES = 12 * 1024;

let extension: string;
beforeAll(async () => {
  extension = await fakeEngineBuild();
});

test('all that every page carries is under 12 KB gzipped', () => {
  const { content_scripts: scripts } = JSON.parse(readFileSync(join(extension, 'manifest.json'), 'utf8'));
  const files: string[] = scripts.flatMap(({ js }: { js: string[] }) => js);
  expect(files).toHaveLength(2);

  const sizes = files.map((file) => gzipSync(readFileSync(join(extension, file)), { level: 9 }).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(LIMIT_BYTES);
});

test('page authors get the types', () => {
  expect(readFileSync(join(extension, 'hearth.d.ts'), 'utf8')).toContain('export interface Hearth ');
});
