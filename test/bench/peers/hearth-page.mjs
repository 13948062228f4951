// @ts-check
// Hearth as a site has it: the built extension, pages of a local server, `window.hearth`; tokens are counted and timed
// in the page. The user's settings are called as the options page calls them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';
import { openWorkerHeap } from '../worker-heap.mjs';
import { spread } from './figures.mjs';

/** Wall time of decoding before anything counts: an idle GPU's clocks are low. */
const WARM_UP_TOKENS = 64;
const SHORT_PROMPT = 8;

/**
 * @param {import('./figures.mjs').Work} work
 * @param {{ chromium: string, extension: string, url: string, flags?: string[] }} where
 */
export async function measurePage(work, { url, ...where }) {
  const profile = mkdtempSync(join(tmpdir(), 'hearth-bench-'));
  let browser = await openBrowser({ ...where, profile });
  try {
    const readyMs = await readyIn(browser);
    const { id, importMs } = await importModel(browser, url);
    const loads = await loadsOf(browser, url, id, work);
    const heap = await heapOf(browser, url, id);
    const speeds = await speedsOf(browser, url, id, work);
    const status = await browser.call('screen', 'watch', undefined);
    const { version } = browser;
    // The disk keeps what Chromium compiled: a second start of the browser is what people wait for every day
    await browser.close();
    browser = await openBrowser({ ...where, profile });
    const readyNextMs = await readyIn(browser);
    const next = await firstAnswer(await open(browser, url), id, 0);
    return {
      version: `Chromium ${version}`,
      device: `${status.backend}: ${status.adapter}`,
      figures: { ...speeds, ...loads, loadNextMs: spread([next.firstTokenMs]) },
      details: {
        importMs,
        // The difference is the test that an adapter is put to once
        readyMs,
        readyNextMs,
        heap,
        loaded: status.loaded,
        notice: status.notice,
      },
    };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @typedef {Awaited<ReturnType<typeof openBrowser>>} Browser */

/** From a call to the sleeping extension to an engine whose device is open and has passed its test. */
async function readyIn(/** @type {Browser} */ browser) {
  const start = performance.now();
  await browser.call('background', 'wake', undefined);
  for (;;) {
    const { state, adapter } = await browser.call('screen', 'watch', undefined);
    if (state === 'ready' && adapter !== 'not opened yet') return performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** JavaScript that the worker holds at rest, and at most while the model is loaded: not among the loads that are timed. */
async function heapOf(/** @type {Browser} */ browser, /** @type {string} */ url, /** @type {string} */ id) {
  await browser.call('screen', 'unload', { model: id });
  const heap = await openWorkerHeap(browser.context);
  const { heapBytes, arrayBytes } = await heap.inUse();
  const page = await open(browser, url);
  const peakBytes = await heap.peakBytes(() => firstAnswer(page, id, 0));
  const loaded = await heap.inUse();
  await page.close();
  await heap.close();
  return { idleBytes: heapBytes + arrayBytes, peakBytes, loadedBytes: loaded.heapBytes + loaded.arrayBytes };
}

/** Copies the file to the extension's disk, lets the site use it, and lifts the cap on the GPU's time. */
export async function importModel(/** @type {Browser} */ browser, /** @type {string} */ url) {
  await browser.call('background', 'wake', undefined);
  const start = performance.now();
  const { id } = await browser.screen.evaluate(async (url) => {
    const file = await (await fetch(url)).blob();
    return new Promise((resolve, reject) => {
      const wire = chrome.runtime.connect({ name: 'screen' });
      wire.onMessage.addListener((frame) => {
        if (frame.kind === 'done') resolve(frame.output);
        else if (frame.kind === 'fail') reject(new Error(frame.message));
        else wire.postMessage({ kind: 'read', id: 1 });
      });
      wire.postMessage({ kind: 'call', id: 1, name: 'importFile', input: { file, name: 'bench.gguf' } });
    });
  }, `${url}model.gguf`);
  const importMs = performance.now() - start;
  const { origin } = new URL(url);
  await browser.call('background', 'decide', { origin, models: [id], decision: 'allow' });
  const { caps } = await browser.call('background', 'settings', undefined);
  await browser.call('background', 'changeSettings', { caps: { ...caps, gpuPercent: 100 } });
  return { id, importMs };
}

async function open(/** @type {Browser} */ browser, /** @type {string} */ url) {
  const page = await browser.context.newPage();
  await page.goto(url);
  return page;
}

/**
 * From nothing on the GPU to the first token: first in this browser, then again while it lives.
 * @param {Browser} browser
 * @param {string} url
 * @param {string} id
 * @param {import('./figures.mjs').Work} work
 */
async function loadsOf(browser, url, id, { repeat }) {
  const page = await open(browser, url);
  const cold = await firstAnswer(page, id, 0);
  const times = [];
  for (let i = 1; i <= repeat; i++) {
    await browser.call('screen', 'unload', { model: id });
    times.push((await firstAnswer(page, id, i)).firstTokenMs);
  }
  await page.close();
  return { loadColdMs: spread([cold.firstTokenMs]), loadMs: spread(times) };
}

/**
 * @param {Browser} browser
 * @param {string} url
 * @param {string} id
 * @param {import('./figures.mjs').Work} work
 */
async function speedsOf(browser, url, id, { prompt, tokens, streams, repeat }) {
  const page = await open(browser, url);
  const ask = (
    /** @type {number} */ promptTokens,
    /** @type {number} */ maxTokens,
    /** @type {number} */ seed,
  ) => page.evaluate(answer, { model: id, promptTokens, maxTokens, seed });
  await ask(SHORT_PROMPT, WARM_UP_TOKENS, 1);
  await ask(prompt, 1, 2);

  const [decode, prefill, firstTokenMs, attachMs, together] = [[], [], [], [], []].map(
    () => /** @type {number[]} */ ([]),
  );
  for (let i = 0; i < repeat; i++) {
    // Prompts differ, so that none begins as another did
    prefill?.push((1000 * prompt) / (await ask(prompt, 1, 10 + i)).firstTokenMs);
    const one = await ask(SHORT_PROMPT, tokens, 100 + i);
    decode?.push(one.tokensPerSecond);
    firstTokenMs?.push(one.firstTokenMs);
    const later = await open(browser, url);
    attachMs?.push(await later.evaluate(attach));
    await later.close();
  }
  const pages = await Promise.all(Array.from({ length: streams }, () => open(browser, url)));
  for (let i = 0; i < repeat; i++) {
    const answers = await Promise.all(
      pages.map((one, n) =>
        one.evaluate(answer, {
          model: id,
          promptTokens: SHORT_PROMPT,
          maxTokens: tokens,
          seed: 1000 * (i + 1) + n,
        }),
      ),
    );
    const from = Math.min(...answers.map(({ firstAt }) => firstAt));
    const to = Math.max(...answers.map(({ lastAt }) => lastAt));
    together?.push((1000 * answers.reduce((sum, { tokens }) => sum + tokens, 0)) / (to - from));
  }
  for (const one of [page, ...pages]) await one.close();
  return Object.fromEntries(
    Object.entries({ decode, prefill, streams: together, firstTokenMs, attachMs }).map(([name, values]) => [
      name,
      spread(values ?? []),
    ]),
  );
}

/** @param {import('playwright-core').Page} page */
const firstAnswer = (page, /** @type {string} */ model, /** @type {number} */ seed) =>
  page.evaluate(answer, { model, promptTokens: SHORT_PROMPT, maxTokens: 1, seed });

/** Runs in the page: from its first touch of `hearth` to an open port. */
async function attach() {
  const start = performance.now();
  await globalThis.hearth?.ready;
  return performance.now() - start;
}

/**
 * Runs in the page: one streamed answer, its tokens counted as they come.
 * @param {{ model: string, promptTokens: number, maxTokens: number, seed: number }} request
 */
async function answer({ model, promptTokens, maxTokens, seed }) {
  const { hearth } = globalThis;
  if (!hearth) throw new Error('The page has no window.hearth: the extension is not loaded.');
  const start = performance.now();
  const stream = await hearth.completions.create({
    model,
    // Any tokens do; the last ids of a vocabulary are often special
    prompt: Array.from({ length: promptTokens }, (_, i) => (i * 7919 + seed * 104_729) % 1000),
    max_tokens: maxTokens,
    temperature: 1,
    seed,
    stream: true,
    return_token_ids: true,
  });
  let [first, last, tokens, begun] = [0, 0, 0, 0];
  for await (const { choices } of stream) {
    const count = choices[0]?.token_ids?.length ?? 0;
    if (count === 0) continue;
    last = performance.now();
    if (tokens === 0) [first, begun] = [last, count];
    tokens += count;
  }
  return {
    tokens,
    firstTokenMs: first - start,
    firstAt: performance.timeOrigin + first,
    lastAt: performance.timeOrigin + last,
    tokensPerSecond: (1000 * (tokens - begun)) / (last - first),
  };
}
