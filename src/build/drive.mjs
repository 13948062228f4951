// @ts-check
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { chromiumFlags } from './chromium-flags.mjs';
import { DIST } from './extension.mjs';
import { out, root, step } from './run.mjs';
import { Trouble } from './trouble.mjs';

/** Nothing new on the page for this long is a failure: on a software GPU, the first step takes a while. */
const PATIENCE_MS = 180_000;

/** What the demo page shows. */
const ANSWER = '[data-answer]';
const SPEED = '[data-speed]';
const TROUBLE = '#missing:visible, #status:visible';
/** What the popup shows once it knows the adapter. */
const ADAPTER = '.adapter [title]';

/**
 * What a user would do, without a window: opens the demo page, which asks at once; allows it in the extension's
 * own prompt window; prints the answer as it comes, then how fast it came and on what.
 * @param {string} chromium
 * @param {string} url The demo page, with its prompt
 */
export async function drive(chromium, url) {
  mkdirSync(out, { recursive: true });
  // A new profile each time: this is a first visit, with everything that a first visit asks
  const profile = mkdtempSync(resolve(out, 'profile-headless-'));
  try {
    const context = await step('Starting Chromium without a window', () => launch(chromium, profile));
    try {
      await ask(context, url);
    } finally {
      await context.close();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * @param {string} chromium
 * @param {string} profile
 */
function launch(chromium, profile) {
  return playwright.launchPersistentContext(profile, {
    executablePath: chromium,
    // Otherwise Playwright switches the sandbox off; our flags do that for root alone
    chromiumSandbox: process.getuid?.() !== 0,
    args: chromiumFlags(resolve(root, DIST), { headless: true }),
    ignoreDefaultArgs: ['--disable-extensions'],
    viewport: { width: 1000, height: 760 },
    deviceScaleFactor: 2,
  });
}

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 */
async function ask(context, url) {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const extension = `chrome-extension://${new URL(worker.url()).host}`;
  const page = await context.newPage();
  /** @type {string[]} */
  const said = [];
  page.on('console', (message) => said.push(`  ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`  ${error}`));

  try {
    const refused = allowWhenAsked(context, extension);
    await step('Asking on the demo page', () => Promise.race([follow(page, url), refused]));
    console.log(`\n${await page.locator(SPEED).last().innerText()}`);
    console.log(await adapterName(context, extension));
    await photograph(page);
  } catch (cause) {
    await photograph(page).catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    const shown = await page
      .locator(TROUBLE)
      .allInnerTexts()
      .catch(() => ['nothing: it is gone']);
    const console =
      said.length > 0 ? `The page's console said:\n${said.join('\n')}` : "The page's console is empty.";
    throw new Trouble(`${reason} It shows: "${shown.join(' ')}"\n${console}`, { cause });
  }
}

/** @param {import('playwright-core').Page} page */
async function photograph(page) {
  const picture = resolve(out, 'demo.png');
  await page.screenshot({ path: picture });
  console.error(`· The page as it is now: ${relative(root, picture)}`);
}

/**
 * Presses Allow in the extension's own prompt window, as a user would, when it opens. Ends only by failing.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} extension
 * @returns {Promise<never>}
 */
function allowWhenAsked(context, extension) {
  return new Promise((_, reject) => {
    context.once('page', async (window) => {
      try {
        await window.waitForURL(`${extension}/src/prompt/**`);
        const question = await window.getByRole('heading').first().innerText();
        console.error(`· Pressing Allow in the prompt: "${question.replaceAll(/\s+/g, ' ')}"`);
        await window.getByRole('button', { name: 'Allow', exact: true }).click();
      } catch (cause) {
        // The window closes as soon as it has its answer, sometimes before Playwright is done with it
        if (!window.isClosed()) reject(cause);
      }
    });
  });
}

/**
 * Opens the page and prints its answer as it grows, until the page says that it is done.
 * @param {import('playwright-core').Page} page
 * @param {string} url
 * @returns {Promise<void>}
 */
async function follow(page, url) {
  let printed = 0;
  /** @type {(error?: Error) => void} */
  let end = () => {};
  const ended = new Promise((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve(undefined));
  });
  // The browser keeps this process alive, not the timer
  const timer = setTimeout(() => {
    end(new Error(`The page showed nothing new for ${PATIENCE_MS / 1000} s.`));
  }, PATIENCE_MS).unref();

  await page.exposeFunction('tellDriver', (/** @type {string} */ state, /** @type {string} */ answer) => {
    timer.refresh();
    process.stdout.write(answer.slice(printed));
    printed = answer.length;
    if (state === 'done') end(answer ? undefined : new Error('The answer is empty.'));
    if (state === 'error') end(new Error('The page got no answer.'));
  });
  await page.addInitScript(tellDriverOfChanges, ANSWER);
  const response = await page.goto(url);
  if (!response?.ok()) throw new Error(`The demo page answers with status ${response?.status()}.`);
  await ended;
}

/**
 * Runs in the page: tells the driver the page's state and its last answer whenever either changes.
 * @param {string} selector The answers
 */
function tellDriverOfChanges(selector) {
  const { tellDriver } = /** @type {any} */ (globalThis);
  const tell = () =>
    tellDriver(
      document.documentElement.dataset.state,
      [...document.querySelectorAll(selector)].at(-1)?.textContent ?? '',
    );
  new MutationObserver(tell).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ['data-state'],
  });
}

/**
 * The adapter's name, as the popup shows it to the user.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} extension
 */
async function adapterName(context, extension) {
  const popup = await context.newPage();
  await popup.goto(`${extension}/src/popup/index.html`);
  return popup.locator(ADAPTER).innerText();
}
