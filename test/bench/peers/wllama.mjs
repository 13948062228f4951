// @ts-check
// llama.cpp in the browser: wllama, whose GPU is ggml-webgpu, on the same file in the same Chromium.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../../../src/build/run.mjs';
import { openBrowser } from './browser.mjs';
import { spread } from './figures.mjs';

export const WLLAMA = resolve(root, 'node_modules/@wllama/wllama');

/**
 * @param {import('./figures.mjs').Work} work
 * @param {{ chromium: string, extension: string, url: string, flags?: string[] }} where
 */
export async function measureWllama({ prompt, tokens, repeat }, { url, ...where }) {
  const profile = mkdtempSync(join(tmpdir(), 'hearth-bench-'));
  const browser = await openBrowser({ ...where, profile });
  try {
    const page = await browser.context.newPage();
    await page.goto(`${url}isolated`);
    const { runs, ...details } = await page.evaluate(run, { url, prompt, tokens, repeat });
    return {
      version: `${JSON.parse(readFileSync(join(WLLAMA, 'package.json'), 'utf8')).version}, Chromium ${browser.version}`,
      device: details.hasF16
        ? 'webgpu, shader-f16'
        : 'the processor: ggml-webgpu needs shader-f16, which this adapter does not offer',
      figures: {
        decode: spread(runs.map(({ tokensPerSecond }) => tokensPerSecond)),
        prefill: spread(runs.map(({ prefillMs }) => (1000 * prompt) / prefillMs)),
        firstTokenMs: spread(runs.map(({ firstTokenMs }) => firstTokenMs)),
      },
      details,
    };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Runs in the page.
 * @param {{ url: string, prompt: number, tokens: number, repeat: number }} work
 */
async function run({ url, prompt, tokens, repeat }) {
  // A browser's GPU process may need a moment
  let adapter = null;
  for (let i = 0; i < 5 && !adapter; i++) {
    adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const hasF16 = adapter?.features.has('shader-f16') ?? false;
  /** @type {typeof import('@wllama/wllama/esm/index.js')} */
  const { Wllama } = await import(`${url}scripts/index.js`);
  const llama = new Wllama({ default: `${url}scripts/wasm/wllama.wasm` }, { suppressNativeLog: true });
  llama.setCompat(null);
  const blob = await (await fetch(`${url}model.gguf`)).blob();
  const start = performance.now();
  await llama.loadModel([blob], {
    n_ctx: 2048,
    n_batch: 2048,
    n_ubatch: 512,
    n_gpu_layers: hasF16 ? 999 : 0,
    n_parallel: 1,
  });
  const loadMs = performance.now() - start;

  // Capitals are one token each: random models have no merges. One place is the first token's, which is added
  const text = (/** @type {number} */ length, /** @type {number} */ seed) =>
    Array.from({ length: length - 1 }, (_, i) => String.fromCharCode(65 + ((i * i + seed) % 26))).join('');
  /** One piece comes for each token. Random bytes that are no text end an answer early: then it is another's turn. */
  const answer = async (
    /** @type {number} */ length,
    /** @type {number} */ maxTokens,
    /** @type {number} */ seed,
  ) => {
    for (let attempt = 0; attempt < 20; attempt++) {
      /** @type {number[]} */
      const times = [];
      const start = performance.now();
      await llama
        .createCompletion(
          /** @type {any} */ ({
            prompt: text(length, seed + 100 * attempt),
            max_tokens: maxTokens,
            temperature: 1,
            seed: seed + 100 * attempt,
            ignore_eos: true,
            cache_prompt: false,
            stream: true,
            onData: () => times.push(performance.now()),
          }),
        )
        .catch(() => {});
      const [first = 0, last = 0] = [times[0], times.at(-1)];
      if (times.length >= maxTokens)
        return { firstTokenMs: first - start, tokensPerSecond: (1000 * (times.length - 1)) / (last - first) };
    }
    throw new Error('wllama ended every answer early.');
  };
  await answer(prompt, 16, 0);
  const runs = [];
  for (let i = 1; i <= repeat; i++) {
    const { firstTokenMs: prefillMs } = await answer(prompt, 1, i);
    runs.push({ prefillMs, ...(await answer(8, tokens, i)) });
  }
  const threads = llama.getNumThreads();
  await llama.exit();
  return { runs, hasF16, loadMs, threads };
}
