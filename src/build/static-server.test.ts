import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileFor, serveFolder } from './static-server.mjs';

let base: string;
let folder: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'hearth-server-'));
  folder = join(base, 'demo');
  mkdirSync(join(folder, 'more'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<p>Hello');
  writeFileSync(join(folder, 'a b.js'), '1');
  writeFileSync(join(base, 'secret.txt'), 'secret');
  mkdirSync(join(base, 'demo-too'));
  writeFileSync(join(base, 'demo-too/secret.txt'), 'secret');
});
afterAll(() => rmSync(base, { recursive: true }));

test.each([
  { url: '/', file: 'index.html' },
  { url: '/?prompt=a/b&max_tokens=3', file: 'index.html' },
  { url: '/a%20b.js', file: 'a b.js' },
])('$url is $file', ({ url, file }) => {
  expect(fileFor(folder, url)).toBe(join(folder, file));
});

test.each([
  '/more',
  '/more/',
  '/nothing.js',
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/..%2fdemo-too/secret.txt',
  '//etc/passwd',
  '/%',
  '/a%00b',
])('%s is no file of the folder', (url) => {
  expect(fileFor(folder, url)).toBeUndefined();
});

test('pages come with their type, and what is not there with 404', async () => {
  const server = await serveFolder(folder, { port: 0, mayChoose: false });
  const page = await fetch(server.url);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toBe('<p>Hello');
  expect((await fetch(`${server.url}nothing`)).status).toBe(404);
  expect((await fetch(`${server.url}?prompt=${'long'.repeat(100_000)}`)).status).toBe(200);
  server.close();
});

test('a taken port is given up for another only if that may be', async () => {
  const first = await serveFolder(folder, { port: 0, mayChoose: false });
  const port = Number(new URL(first.url).port);
  const second = await serveFolder(folder, { port, mayChoose: true });
  expect(second.url).not.toBe(first.url);
  expect((await fetch(second.url)).status).toBe(200);
  await expect(serveFolder(folder, { port, mayChoose: false })).rejects.toThrow(
    `Port ${port} cannot be used (EADDRINUSE)`,
  );
  first.close();
  second.close();
});
