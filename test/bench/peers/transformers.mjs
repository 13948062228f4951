// @ts-check
// Transformers.js on ONNX Runtime's WebGPU, in the same Chromium. It runs no GGUF files: it is given a graph of the same
// shape with random weights in 4 bits.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { out, root } from '../../../src/build/run.mjs';
import { openBrowser } from './browser.mjs';
import { spread } from './figures.mjs';
import { writeOnnxLlama } from './onnx-llama.mjs';

const PACKAGE = resolve(root, 'node_modules/@huggingface/transformers');
const MODELS = resolve(out, 'bench/onnx');

/** What the page loads, by the names that it is served under. */
export const TRANSFORMERS = {
  transformers: join(PACKAGE, 'dist'),
  onnxruntime: resolve(root, 'node_modules/onnxruntime-web/dist'),
  onnx: MODELS,
};

/** @type {Record<string, import('./onnx-llama.mjs').Shape>} */
const SHAPES = {
  tiny: { vocab: 1024, dim: 256, blocks: 2, heads: 4, kvHeads: 2, headDim: 64, ffn: 512 },
  'llama-3.2-1b': { vocab: 128_256, dim: 2048, blocks: 16, heads: 32, kvHeads: 8, headDim: 64, ffn: 8192 },
};

/**
 * @param {import('./figures.mjs').Work} work
 * @param {{ chromium: string, extension: string, url: string, shape: string, flags?: string[] }} where
 */
export async function measureTransformers({ prompt, tokens, repeat }, { url, shape, ...where }) {
  const sizes = SHAPES[shape];
  if (!sizes) throw new Error(`There is no graph of the shape ${shape}.`);
  if (!existsSync(join(MODELS, shape, 'config.json'))) writeOnnxLlama(join(MODELS, shape), sizes);
  const profile = mkdtempSync(join(tmpdir(), 'hearth-bench-'));
  const browser = await openBrowser({ ...where, profile });
  try {
    const page = await browser.context.newPage();
    await page.goto(`${url}isolated`);
    const { runs, ...details } = await page.evaluate(run, { url, shape, prompt, tokens, repeat });
    return {
      version: `${JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version}, Chromium ${browser.version}`,
      device: 'webgpu',
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
 * @param {{ url: string, shape: string, prompt: number, tokens: number, repeat: number }} work
 */
async function run({ url, shape, prompt, tokens, repeat }) {
  // A browser's GPU process may need a moment
  for (let i = 0; i < 5 && !(await navigator.gpu?.requestAdapter()); i++)
    await new Promise((resolve) => setTimeout(resolve, 500));
  /** @type {typeof import('@huggingface/transformers')} */
  const { AutoModelForCausalLM, env, Tensor } = await import(`${url}transformers/transformers.min.js`);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = `${url}onnx/`;
  env.useBrowserCache = false;
  const ort = `${url}onnxruntime/ort-wasm-simd-threaded.asyncify`;
  /** @type {any} */ (env.backends.onnx).wasm.wasmPaths = { mjs: `${ort}.mjs`, wasm: `${ort}.wasm` };
  const start = performance.now();
  const model = await AutoModelForCausalLM.from_pretrained(shape, {
    dtype: 'q4',
    device: 'webgpu',
    use_external_data_format: true,
  });
  const loadMs = performance.now() - start;

  const answer = async (
    /** @type {number} */ length,
    /** @type {number} */ count,
    /** @type {number} */ seed,
  ) => {
    const ids = BigInt64Array.from({ length }, (_, i) => BigInt((i * 7919 + seed * 104_729) % 1000));
    /** @type {number[]} */
    const times = [];
    const start = performance.now();
    await model.generate(
      /** @type {any} */ ({
        inputs: new Tensor('int64', ids, [1, length]),
        attention_mask: new Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
        max_new_tokens: count,
        do_sample: false,
        // The prompt is put first, at once
        streamer: { put: () => times.push(performance.now()), end() {} },
      }),
    );
    const [, first = 0] = times;
    const last = times.at(-1) ?? 0;
    if (times.length !== count + 1) throw new Error(`${times.length - 1} tokens came in place of ${count}.`);
    return { firstTokenMs: first - start, tokensPerSecond: (1000 * (count - 1)) / (last - first) };
  };
  await answer(prompt, 16, 0);
  const runs = [];
  for (let i = 1; i <= repeat; i++) {
    const { firstTokenMs: prefillMs } = await answer(prompt, 1, i);
    runs.push({ prefillMs, ...(await answer(8, tokens, i)) });
  }
  return { runs, loadMs };
}
