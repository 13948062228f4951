// Tasks with nothing standing in: the built extension, Transformers.js, ONNX Runtime on WebAssembly and on the engine's device.
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { expectedOf, filesOf } from '../golden/tasks/fixtures.ts';
import { hasYolox, yoloxFolder, yoloxPhotograph } from '../golden/tasks/yolox.ts';
import { Harness } from './harness.ts';

let harness: Harness;
let page: Page;
const models: Record<string, string> = {};

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST), {
    '/': { body: '<!doctype html><title>tasks</title>' },
  });
  await harness.call('background', 'wake');
  for (const name of ['encoder', 'classifier', 'image-classifier'])
    models[name] = await harness.importFolder(name, filesOf(name));
  const { origin } = new URL(harness.url('http://a.localhost/'));
  await harness.call('background', 'decide', { origin, models: Object.values(models), decision: 'allow' });
  page = await harness.open('http://a.localhost/');
});
afterAll(() => harness?.close());

test.each(['wasm', 'webgpu'] as const)('vectors of texts are those of transformers on %s', async (device) => {
  const { texts, mean } = expectedOf('encoder')['feature-extraction'];
  const rows = await page.evaluate(
    async ({ model, texts, device }) => {
      const extract = await hearth!.pipeline('feature-extraction', model, { device });
      const vectors = await extract(texts, { pooling: 'mean', normalize: true });
      return vectors.tolist() as number[][];
    },
    { model: models.encoder!, texts, device },
  );
  for (const [i, row] of rows.entries())
    for (const [j, value] of row.entries()) expect(value).toBeCloseTo(mean[i]![j]!, 4);
});

test.skipIf(!hasYolox).each(['wasm', 'webgpu'] as const)(
  'YOLOX finds what its authors’ runtime finds in a photograph, on %s (skips without ../shared/data)',
  async (device) => {
    const { jpeg, found } = yoloxPhotograph();
    const model = await harness.importFolder('yolox nano', yoloxFolder());
    const { origin } = new URL(page.url());
    await harness.call('background', 'decide', { origin, models: [model], decision: 'allow' });
    const boxes = await page.evaluate(
      async ({ model, base64, device }) => {
        const detect = await hearth!.pipeline('object-detection', model, { device });
        const started = performance.now();
        const r = (await detect(`data:image/jpeg;base64,${base64}`)) as {
          label: string;
          score: number;
          box: { xmin: number; ymin: number; xmax: number; ymax: number };
        }[];
        console.log(device, performance.now() - started);
        return r;
      },
      { model, base64: jpeg.toString('base64'), device },
    );
    console.log(JSON.stringify(boxes));
    expect(boxes.map(({ label }) => label)).toEqual(found.map(({ label }) => label));
    for (const [i, { score, box }] of boxes.entries()) {
      expect(score).toBeCloseTo(found[i]!.score, 2);
      for (const [j, side] of Object.values(box).entries())
        expect(Math.abs(side - found[i]!.box_xyxy[j]!)).toBeLessThan(2);
    }
  },
);
