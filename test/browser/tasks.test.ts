// Tasks with nothing standing in: the built extension, Transformers.js, ONNX Runtime on WebAssembly and on the engine's device.
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { expectedOf, filesOf } from '../golden/tasks/fixtures.ts';
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
