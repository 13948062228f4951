// @ts-check
// llama.cpp as a native program, by way of the npm package node-llama-cpp. Its loop in JavaScript costs: llama-bench
// itself is up to twice as fast at decoding.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spread } from './figures.mjs';

/**
 * @param {import('./figures.mjs').Work} work
 * @param {{ folder: string, gpu: 'vulkan' | 'cuda' | 'metal' | false }} where The package's folder
 */
export async function measureLlamaCpp({ model: modelPath, prompt, tokens, repeat }, { folder, gpu }) {
  const { getLlama } = await import(pathToFileURL(resolve(folder, 'dist/index.js')).href);
  const llama = await getLlama({ gpu, build: 'never', skipDownload: true, logLevel: 'error' });
  const model = await llama.loadModel({
    modelPath,
    gpuLayers: gpu ? 'max' : 0,
    ignoreMemorySafetyChecks: true,
  });
  const context = await model.createContext({
    contextSize: 2048,
    batchSize: 512,
    flashAttention: true,
    // Its threads spin while they wait: with all cores taken, and other programs beside, some never get their turn
    threads: Math.max(1, Math.floor(cpus().length / 2)),
  });
  const sequence = context.getSequence();
  const [prefill, decode] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let i = 0; i <= repeat; i++) {
    await sequence.clearHistory();
    const ids = Array.from({ length: prompt }, (_, n) => (n * 7919 + i) % 1000);
    const start = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, -1));
    const prefillMs = performance.now() - start;

    let [count, first, last] = [0, 0, 0];
    for await (const _ of sequence.evaluate(ids.slice(-1), { temperature: 0, yieldEogToken: true })) {
      last = performance.now();
      if (count++ === 0) first = last;
      if (count > tokens) break;
    }
    // The first run warms up
    if (i === 0) continue;
    prefill.push((1000 * (prompt - 1)) / prefillMs);
    decode.push((1000 * (count - 1)) / (last - first));
  }
  const device = gpu
    ? (await llama.getGpuDeviceNames()).join()
    : `the processor, ${llama.cpuMathCores} cores`;
  await llama.dispose();
  return {
    version: `node-llama-cpp ${JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')).version}`,
    device,
    figures: { decode: spread(decode), prefill: spread(prefill) },
  };
}
