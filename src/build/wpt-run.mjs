// @ts-check
import { createReadStream, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { chromiumFlags } from './chromium-flags.mjs';
import { DIST } from './extension.mjs';
import { out, root } from './run.mjs';
import { wptFile } from './wpt-pages.mjs';

/** Of a page: a model on a software adapter takes its time. */
const PATIENCE_MS = 10 * 60_000;
const PASSED = 0;
const NAMES = ['pass', 'FAIL', 'TIMEOUT', 'NOT RUN', 'PRECONDITION FAILED'];

/** @typedef {{status: number, message: string | null, tests: {name: string, status: number, message: string | null}[]}} Report */

/**
 * Runs pages of tests one after the other, in a Chromium with Hearth whose user has let the tests use it.
 * @param {string} chromium
 * @param {string} checkout
 * @param {string[]} pages
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runPages(chromium, checkout, pages) {
  mkdirSync(out, { recursive: true });
  const profile = mkdtempSync(resolve(out, 'profile-wpt-'));
  const server = await serve(checkout);
  const context = await playwright.launchPersistentContext(profile, {
    executablePath: chromium,
    args: chromiumFlags(resolve(root, DIST), { headless: true }).concat('--js-flags=--expose-gc'),
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  const total = { passed: 0, failed: 0 };
  try {
    await allow(context, server.origin);
    for (const page of pages) {
      const { status, message, tests } = await runPage(context, server.origin + page);
      const failed = tests.filter(({ status }) => status !== PASSED);
      total.passed += tests.length - failed.length;
      // A page that breaks before its first test is a failure too
      total.failed += Math.max(failed.length, status === PASSED ? 0 : 1);
      console.log(`${failed.length === 0 && status === PASSED ? 'ok  ' : 'FAIL'} ${page} ${tests.length}`);
      if (status !== PASSED) console.log(`     the page: ${message ?? 'it did not come to its end'}`);
      for (const { name, status, message } of failed)
        console.log(`     ${NAMES[status]} ${name}: ${message}`);
    }
  } finally {
    await context.close();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return total;
}

/**
 * As the user's own screens say it.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} origin
 */
async function allow(context, origin) {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const screen = await context.newPage();
  await screen.goto(new URL('/src/popup/index.html', worker.url()).href);
  await screen.evaluate(
    (origin) =>
      new Promise((done, fail) => {
        const wire = chrome.runtime.connect({ name: 'background' });
        wire.onMessage.addListener(({ kind, message }) =>
          kind === 'fail' ? fail(message) : done(undefined),
        );
        const input = { origin, models: ['hearthside'], decision: 'allow' };
        wire.postMessage({ kind: 'call', id: 1, name: 'decide', input });
      }),
    origin,
  );
  await screen.close();
}

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 * @returns {Promise<Report>}
 */
async function runPage(context, url) {
  const page = await context.newPage();
  try {
    /** @type {Promise<Report>} */
    const report = new Promise((done) => {
      void page.exposeFunction('wptReport', done);
    });
    await page.exposeFunction('wptClick', (/** @type {number} */ x, /** @type {number} */ y) =>
      page.mouse.click(x, y),
    );
    await page.goto(url);
    // The harness then reports what it has
    const late = setTimeout(() => void page.evaluate('timeout()').catch(() => {}), PATIENCE_MS);
    const ended = await report;
    clearTimeout(late);
    return ended;
  } finally {
    await page.close();
  }
}

/** @param {string} checkout */
async function serve(checkout) {
  const server = createServer((request, response) => {
    const found = wptFile(checkout, request.url ?? '/');
    if (!found) return void response.writeHead(404).end();
    if ('text' in found) return void response.writeHead(200, { 'content-type': found.type }).end(found.text);
    const type = { html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml' }[
      /** @type {'html'} */ (found.file.split('.').at(-1))
    ];
    response.writeHead(200, type ? { 'content-type': type } : {});
    createReadStream(found.file).pipe(response);
  });
  await new Promise((done) => server.listen(0, 'localhost', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://localhost:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
