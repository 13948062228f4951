// What a checkout of web-platform-tests is served as: its files, the pages that its scripts are run in, and our end of
// its harness. https://web-platform-tests.org/writing-tests/testharness.html
// @ts-check
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileFor } from './static-server.mjs';

const HARNESS = 'resources/testharness.js';
/** `x.any.js` may run in a window as `x.window.js` does. */
const SCRIPT = /\.(?:window|any)\.js$/;

/**
 * The checkout that a folder lies in.
 * @param {string} folder
 * @returns {string | undefined}
 */
export function checkoutOf(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, HARNESS))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * Paths of the pages of all tests in a folder, in order.
 * @param {string} checkout
 * @param {string} folder
 * @returns {string[]}
 */
export function testPages(checkout, folder) {
  /** @type {string[]} */
  const pages = [];
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const page = `/${relative(checkout, path).split(sep).join('/')}`;
    if (statSync(path).isDirectory()) {
      if (name !== 'resources') pages.push(...testPages(checkout, path));
    } else if (SCRIPT.test(name)) pages.push(page.replace(/\.js$/, '.html'));
    else if (name.endsWith('.html') && readFileSync(path, 'utf8').includes('testharness.js'))
      pages.push(page);
  }
  return pages;
}

/**
 * What is sent for a path: a text of ours, or the name of a file.
 * @param {string} checkout
 * @param {string} url
 * @returns {{text: string, type: string} | {file: string} | undefined}
 */
export function wptFile(checkout, url) {
  const { pathname } = new URL(url, 'http://localhost');
  const ours = OURS[/** @type {keyof typeof OURS} */ (pathname)];
  if (ours) return { text: ours, type: 'text/javascript' };
  const script = pathname.endsWith('.html') && fileFor(checkout, scriptOf(pathname));
  if (script && SCRIPT.test(script))
    return { text: pageOf(pathname, readFileSync(script, 'utf8')), type: 'text/html' };
  const file = fileFor(checkout, pathname);
  return file === undefined ? undefined : { file };
}

/**
 * @param {string} pathname
 * @param {string} script
 */
function pageOf(pathname, script) {
  const wanted = [...script.matchAll(/^\/\/\s*META:\s*script=(\S+)/gm)].map(([, src]) => src);
  const scripts = [`/${HARNESS}`, REPORT, ...wanted, scriptOf(pathname)];
  const tags = scripts.map((src) => `<script src="${src}"></script>`);
  return `<!doctype html>\n<meta charset="utf-8">\n<body><div id="log"></div>\n${tags.join('\n')}\n`;
}

/** @param {string} pathname */
const scriptOf = (pathname) => pathname.replace(/\.html$/, '.js');

const REPORT = '/resources/testharnessreport.js';
/** What each browser that runs the tests brings itself. */
const OURS = {
  [REPORT]: `setup({ explicit_timeout: true, output: false });
add_completion_callback((tests, status) => wptReport({
  status: status.status,
  message: status.message,
  tests: tests.map(({ name, status, message }) => ({ name, status, message })),
}));`,
  '/resources/testdriver-vendor.js': `test_driver_internal.in_automation = true;
test_driver_internal.click = (element, { x, y }) => wptClick(x, y);`,
};
