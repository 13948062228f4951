// Every task in a real browser, on WebAssembly and on the engine's device; and a thousand calls, whose memory is watched.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { Harness } from '../browser/harness.ts';
import { CALLS } from '../golden/tasks/calls.ts';
import { expectedOf, filesOf } from '../golden/tasks/fixtures.ts';
import { detectorFile, hasSilero, recording, wantedProbabilities } from '../golden/tasks/silero.ts';
import { hasYolox, yoloxFolder, yoloxPhotograph } from '../golden/tasks/yolox.ts';

const CALLS_IN_ALL = Number(process.env.HEARTH_CALLS ?? 1_000);

let harness: Harness;
let page: Page;
const models: Record<string, string> = {};
const figures: Record<string, unknown> = {};

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST), {
    '/': { body: '<!doctype html><title>tasks</title>' },
  });
  await harness.call('background', 'wake');
  for (const name of new Set(CALLS.map(({ model }) => model)))
    models[name] = await harness.importFolder(name, filesOf(name));
  if (hasSilero) models.silero = await harness.importFolder('silero', detectorFile());
  if (hasYolox) models.yolox = await harness.importFolder('yolox nano', yoloxFolder());
  const { origin } = new URL(harness.url('http://a.localhost/'));
  const all = Object.values(models);
  // As many as one question may name
  for (let i = 0; i < all.length; i += 16)
    await harness.call('background', 'decide', { origin, models: all.slice(i, i + 16), decision: 'allow' });
  page = await harness.open('http://a.localhost/');
});
afterAll(async () => {
  mkdirSync(resolve(root, 'out/bench'), { recursive: true });
  writeFileSync(resolve(root, 'out/bench/tasks.json'), JSON.stringify(figures, undefined, 2));
  console.log(JSON.stringify(figures, undefined, 2));
  await harness?.close();
});

type Sendable = number[] | { typed: string; values: number[] } | unknown;

/** A call in the page; typed arrays go in and come out as lists. Milliseconds are those of a second call. */
function run(
  task: string,
  model: string,
  device: string,
  args: unknown[],
): Promise<{ answer: Sendable; ms: number }> {
  const json = JSON.stringify(args, (_, value) =>
    value instanceof Uint8Array
      ? { bytes: [...value] }
      : value instanceof Float32Array
        ? { floats: [...value] }
        : value,
  );
  return page.evaluate(
    async ({ task, model, device, json }) => {
      const args = JSON.parse(json, (_, value) => {
        if (value?.floats) return Float32Array.from(value.floats);
        return value?.bytes ? Uint8Array.from(value.bytes) : value;
      });
      const pipe = await hearth!.pipeline(task, model, { device: device as 'wasm' });
      await pipe(args[0], ...args.slice(1));
      const begun = performance.now();
      const answer = await pipe(args[0], ...args.slice(1));
      const ms = performance.now() - begun;
      const listed = JSON.stringify(answer, (_, value) =>
        ArrayBuffer.isView(value) ? Array.from(value as never, Number) : value,
      );
      return { answer: JSON.parse(listed), ms };
    },
    { task, model, device, json },
  );
}

/** Equal but for rounding. */
function near(found: unknown, wanted: unknown, digits: number): void {
  if (typeof wanted === 'number') expect(found).toBeCloseTo(wanted, digits);
  else if (wanted !== null && typeof wanted === 'object') {
    expect(Object.keys(found as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted))
      near((found as Record<string, unknown>)[key], value, digits);
  } else expect(found).toEqual(wanted);
}

test.skipIf(!hasSilero).each(['wasm', 'webgpu'])(
  'voice-activity-detection gives the expected probabilities, asked to be on %s',
  async (device) => {
    const wanted = wantedProbabilities().slice(0, 200);
    const args = [recording(wanted.length)];
    const { answer, ms } = await run('voice-activity-detection', models.silero!, device, args);
    const { probabilities } = answer as { probabilities: number[] };
    for (const [i, value] of wanted.entries()) expect(probabilities[i]).toBeCloseTo(value, 3);
    figures[`voice-activity-detection ${device}`] = { windows: wanted.length, ms };
  },
);

test.each(CALLS)('$task is the same on WebAssembly and on the device', async ({ task, model, args }) => {
  const wasm = await run(task, models[model]!, 'wasm', args);
  const webgpu = await run(task, models[model]!, 'webgpu', args);
  figures[task] = { wasmMs: Math.round(wasm.ms), webgpuMs: Math.round(webgpu.ms) };
  // Masks and alphas are bytes, where a rounding may be one
  near(webgpu.answer, wasm.answer, /background|depth/.test(task) ? -0.5 : 3);
});

test.skipIf(!hasYolox)('YOLOX finds on the device what its authors’ runtime finds', async () => {
  const { jpeg, found } = yoloxPhotograph();
  const address = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  for (const device of ['wasm', 'webgpu']) {
    const { answer, ms } = await run('object-detection', models.yolox!, device, [address]);
    figures[`YOLOX ${device}`] = { ms: Math.round(ms) };
    const boxes = answer as { label: string; score: number; box: Record<string, number> }[];
    expect(boxes.map(({ label }) => label)).toEqual(found.map(({ label }) => label));
    for (const [i, { score, box }] of boxes.entries()) {
      expect(score).toBeCloseTo(found[i]!.score, 3);
      for (const [j, side] of Object.values(box).entries())
        expect(Math.abs(side - found[i]!.box_xyxy[j]!)).toBeLessThan(1);
    }
  }
});

/** Memory of the browser's GPU process, where a software adapter has its buffers, in MB (Linux). */
function gpuProcessMegabytes(): number {
  const processes = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const [pid] = processes
    .filter((line) => line.includes('--type=gpu-process') && line.includes(harness.profile))
    .map((line) => line.trim().split(' ')[0]);
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

test(`${CALLS_IN_ALL} calls leave the GPU's memory as it was`, async () => {
  const { texts } = expectedOf('encoder')['feature-extraction'];
  const some = (count: number) =>
    page.evaluate(
      async ({ model, texts, count }) => {
        const pipe = await hearth!.pipeline('feature-extraction', model, { device: 'webgpu' });
        for (let i = 0; i < count; i++) await pipe(texts, { pooling: 'mean' });
      },
      { model: models.encoder!, texts, count },
    );
  await some(50);
  const before = gpuProcessMegabytes();
  await some(CALLS_IN_ALL);
  const after = gpuProcessMegabytes();
  figures.memory = { calls: CALLS_IN_ALL, beforeMB: Math.round(before), afterMB: Math.round(after) };
  expect(after - before).toBeLessThan(16);
});

test('a device that is lost is opened again, and the model with it', async () => {
  const { texts, mean } = expectedOf('encoder')['feature-extraction'];
  const args = [texts, { pooling: 'mean', normalize: true }];
  await run('feature-extraction', models.encoder!, 'webgpu', args);
  await harness.crashGpuProcess();
  const { answer } = await run('feature-extraction', models.encoder!, 'webgpu', args);
  const { data } = answer as { data: number[] };
  for (const [i, value] of mean.flat().entries()) expect(data[i]).toBeCloseTo(value, 4);
});
