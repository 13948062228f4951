// @ts-check
import { chromium as playwright } from 'playwright-core';
import { chromiumFlags } from '../../../src/build/chromium-flags.mjs';

/**
 * Chromium with the built extension, as `npm start` would have it, without a window.
 * @param {{ chromium: string, extension: string, profile: string, flags?: string[] }} options
 */
export async function openBrowser({ chromium, extension, profile, flags = [] }) {
  const context = await playwright.launchPersistentContext(profile, {
    executablePath: chromium,
    args: [
      '--headless=new',
      ...merged([...chromiumFlags(extension, { headless: true }), ...flags]),
      // Pages of the bench take turns in one window, and are measured wherever they stand
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
    ignoreDefaultArgs: ['--disable-extensions', '--disable-back-forward-cache'],
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const screen = await context.newPage();
  await screen.goto(`chrome-extension://${new URL(worker.url()).host}/src/bridge/index.html`);
  return {
    context,
    screen,
    version: context.browser()?.version(),
    close: () => context.close(),
    /** Calls a contract as the user's own screens do; resolves with the first part if there is one, or with the output. */
    call: (/** @type {string} */ port, /** @type {string} */ name, /** @type {unknown} */ input) =>
      screen.evaluate(
        ([port, name, input]) =>
          new Promise((resolve, reject) => {
            const wire = chrome.runtime.connect({ name: /** @type {string} */ (port) });
            wire.onMessage.addListener((frame) => {
              if (frame.kind === 'part' && name !== 'watch') return wire.postMessage({ kind: 'read', id: 1 });
              if (frame.kind === 'fail') reject(new Error(frame.message));
              else resolve(frame.output ?? frame.part);
              wire.disconnect();
            });
            wire.postMessage({ kind: 'call', id: 1, name, input });
          }),
        [port, name, input],
      ),
  };
}

/** Chromium takes the last of several `--enable-features`, so they become one. */
function merged(/** @type {string[]} */ flags) {
  const lists = /** @type {Map<string, string[]>} */ (new Map());
  const others = flags.filter((flag) => {
    const [, name, value] = /^(--(?:enable|disable)-[a-z-]*features)=(.*)$/.exec(flag) ?? [];
    if (name) lists.set(name, [...(lists.get(name) ?? []), value ?? '']);
    return !name;
  });
  return [...others, ...[...lists].map(([name, values]) => `${name}=${values.join(',')}`)];
}
