// @ts-check
// `npm run soak -- --browser --minutes 5`: rounds of mixed load through the built extension in a real Chromium, by pages
// that come, ask, read slowly, leave; caps that change, models that take each other's place. Figures go to
// out/soak/browser.json.
import '../../src/build/node-version.mjs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureChromium } from '../../src/build/chromium.mjs';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { parseFlags, usage, wholeNumber } from '../../src/build/flags.mjs';
import { out, root } from '../../src/build/run.mjs';
import { main } from '../../src/build/trouble.mjs';
import { openBrowser } from '../bench/peers/browser.mjs';
import { importModel } from '../bench/peers/hearth-page.mjs';
import { serveFiles } from '../bench/peers/serve-files.mjs';
import { randomModel } from '../bench/random-model.mjs';
import { openWorkerHeap } from '../bench/worker-heap.mjs';
import { browserRound, PROMPTS } from './browser-round.mjs';

/** What the heaps may grow by after the first rounds, in which code is compiled and caches fill. */
const GROWTH_BYTES = 8e6;
const WARM_UP_ROUNDS = 3;
const FLAGS = {
  browser: { about: 'in Chromium; in Node without it' },
  minutes: { takes: 'N', about: 'for so long (120)', parse: wholeNumber(1, 10_000) },
  seed: { takes: 'N', about: 'what happens when (1)', parse: wholeNumber(1, 2 ** 31) },
};

await main(async () => {
  const { minutes = 120, seed = 1, help } = parseFlags(process.argv.slice(2), FLAGS);
  if (help) return console.log(usage(FLAGS));
  const chromium = await ensureChromium();
  await buildExtension();
  const command = [resolve(root, 'src/build/cli.mjs')];
  const profile = mkdtempSync(join(tmpdir(), 'hearth-soak-'));
  const browser = await openBrowser({ chromium, extension: resolve(root, DIST), profile });
  const startedAt = performance.now();
  const rounds = [];
  let failure;
  try {
    const servers = [];
    const models = [];
    for (const quant of ['Q8_0', 'Q4_0']) {
      const model = await randomModel('tiny', quant, command);
      const server = await serveFiles({ model });
      servers.push(server);
      models.push(await importModel(browser, server.url));
    }
    const ids = models.map(({ id }) => id);
    const [{ url } = { url: '' }] = servers;
    const { origin } = new URL(url);
    await browser.call('background', 'decide', { origin, models: ids, decision: 'allow' });
    const heap = await openWorkerHeap(browser.context);
    const world = { browser, url, models: ids, next: numbers(seed), expected: new Map() };

    for (;;) {
      const counts = await browserRound(world);
      const [worker, document] = [await heap.inUse(), await heap.documentInUse()];
      const heapBytes = worker.heapBytes + worker.arrayBytes + document.heapBytes + document.arrayBytes;
      rounds.push({ round: rounds.length + 1, ...counts, worker, document });
      const seconds = (performance.now() - startedAt) / 1000;
      console.log(
        `${seconds.toFixed(0).padStart(6)} s, round ${rounds.length}: ${counts.answers} answers, ${counts.left} left, heaps ${(heapBytes / 1e6).toFixed(1)} MB`,
      );
      const warm = rounds[WARM_UP_ROUNDS];
      const bytesOf = (/** @type {import('../bench/worker-heap.mjs').Held} */ held) =>
        held.heapBytes + held.arrayBytes;
      if (warm && heapBytes > bytesOf(warm.worker) + bytesOf(warm.document) + GROWTH_BYTES)
        throw new Error(`The heaps grew to ${heapBytes} bytes.`);
      if (seconds > 60 * minutes) break;
    }
    for (const server of servers) server.close();
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    console.error(failure);
    process.exitCode = 1;
  }
  const summary = {
    chromium: browser.version,
    seed,
    minutes: (performance.now() - startedAt) / 60_000,
    prompts: PROMPTS.length,
    failure,
    rounds,
  };
  mkdirSync(resolve(out, 'soak'), { recursive: true });
  writeFileSync(resolve(out, 'soak/browser.json'), `${JSON.stringify(summary, null, 2)}\n`);
  await browser.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
});

/**
 * The same numbers in [0, 1) for a seed: xorshift32.
 * @param {number} seed
 */
function numbers(seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
