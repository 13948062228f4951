import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutOf, testPages, wptFile } from './wpt-pages.mjs';

let checkout: string;

const FILES: Record<string, string> = {
  'resources/testharness.js': '// the harness',
  'ai/a/first.https.window.js':
    '// META: title=x\n// META: script=/resources/testdriver.js\n// META: script=../util.js\ntest();',
  'ai/a/second.any.js': 'test();',
  'ai/a/third.html': '<script src="/resources/testharness.js"></script>',
  'ai/a/plain.html': '<p>Hello',
  'ai/a/resources/helper.html': '<script src="/resources/testharness.js"></script>',
  'ai/util.js': '// help',
};

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'hearth-wpt-'));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(checkout, path, '..'), { recursive: true });
    writeFileSync(join(checkout, path), text);
  }
});
afterAll(() => rmSync(checkout, { recursive: true }));

test('a checkout is found from any folder in it, and nowhere else', () => {
  expect(checkoutOf(join(checkout, 'ai/a'))).toBe(checkout);
  expect(checkoutOf(tmpdir())).toBeUndefined();
});

test('the tests of a folder are its scripts for windows and its pages that load the harness', () => {
  expect(testPages(checkout, join(checkout, 'ai'))).toEqual([
    '/ai/a/first.https.window.html',
    '/ai/a/second.any.html',
    '/ai/a/third.html',
  ]);
});

test('a script gets a page that loads harness, report, what it names, and itself, in this order', () => {
  const page = wptFile(checkout, '/ai/a/first.https.window.html');
  const text = page && 'text' in page ? page.text : '';
  expect([...text.matchAll(/src="(.*?)"/g)].map(([, src]) => src)).toEqual([
    '/resources/testharness.js',
    '/resources/testharnessreport.js',
    '/resources/testdriver.js',
    '../util.js',
    '/ai/a/first.https.window.js',
  ]);
});

test('files are sent as they are, but for what each browser brings itself', () => {
  expect(wptFile(checkout, '/ai/a/first.https.window.js')).toEqual({
    file: join(checkout, 'ai/a/first.https.window.js'),
  });
  expect(wptFile(checkout, '/resources/testdriver-vendor.js')).toMatchObject({ type: 'text/javascript' });
  expect(wptFile(checkout, '/ai/none.js')).toBeUndefined();
  expect(wptFile(checkout, '/../../etc/passwd')).toBeUndefined();
});
