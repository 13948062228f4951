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
  for (const name of ['encoder', 'image-classifier', 'writer'])
    models[name] = await harness.importFolder(name, filesOf(name));
  if (hasYolox) models.yolox = await harness.importFolder('yolox nano', yoloxFolder());
  const { origin } = new URL(harness.url('http://a.localhost/'));
  const { writer: _, ...allowed } = models;
  await harness.call('background', 'decide', { origin, models: Object.values(allowed), decision: 'allow' });
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

test('what is asked at once is one run on the device, and everybody gets their own', async () => {
  const { texts, mean } = expectedOf('encoder')['feature-extraction'];
  const vectors = await page.evaluate(
    async ({ model, texts }) => {
      const extract = await hearth!.pipeline('feature-extraction', model, { device: 'webgpu' });
      const options = { pooling: 'mean', normalize: true };
      const answers = await Promise.all(texts.map((text) => extract(text, options)));
      return answers.map((answer) => answer.tolist() as number[][]);
    },
    { model: models.encoder!, texts },
  );
  for (const [i, rows] of vectors.entries()) {
    expect(rows).toHaveLength(1);
    for (const [j, value] of rows[0]!.entries()) expect(value).toBeCloseTo(mean[i]![j]!, 4);
  }
});

test('a model in ONNX makes embeddings for hearth.embed and OpenAI’s endpoint as well', async () => {
  const { texts, mean } = expectedOf('encoder')['feature-extraction'];
  const got = await page.evaluate(
    async ({ model, texts }) => {
      const { vectors, usage } = await hearth!.embed({ model, input: texts });
      const body = JSON.stringify({ model, input: texts });
      const response = await hearth!.fetch('https://hearth.local/v1/embeddings', { method: 'POST', body });
      const { data } = (await response.json()) as { data: { embedding: number[] }[] };
      const list = await hearth!.models.list();
      return {
        own: vectors.map((one) => [...one]),
        usage,
        openai: data.map(({ embedding }) => embedding),
        list,
      };
    },
    { model: models.encoder!, texts },
  );
  for (const rows of [got.own, got.openai])
    for (const [i, row] of rows.entries())
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(mean[i]![j]!, 4);
  expect(got.usage.prompt_tokens).toBe(7 + 5 + 9);
  expect(got.list.data.map(({ id }) => id)).toContain(models.encoder);
});

test('images come as files, bitmaps, canvases and addresses, and the first call finds out where it is faster', async () => {
  const answers = await page.evaluate(async (model) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [24, 20];
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#c33';
    context.fillRect(4, 4, 12, 12);
    const blob = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!)));
    const classify = await hearth!.pipeline('image-classification', model);
    const inputs = [
      blob,
      canvas,
      await createImageBitmap(blob),
      canvas.toDataURL(),
      URL.createObjectURL(blob),
    ];
    inputs.push(context.getImageData(0, 0, 24, 20) as never);
    const answers: string[] = [];
    for (const input of inputs) answers.push(JSON.stringify(await classify(input, { top_k: 2 })));
    return answers;
  }, models['image-classifier']!);
  expect(JSON.parse(answers[0]!)).toHaveLength(2);
  expect(new Set(answers).size).toBe(1);
});

test('what a hostile page passes is refused in a sentence, by code', async () => {
  const refused = await page.evaluate(async (model) => {
    const classify = await hearth!.pipeline('image-classification', model, { device: 'wasm' });
    // A PNG that says it has 60 000 × 60 000 pixels
    const bomb = Uint8Array.from([
      0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xea, 0x60, 0, 0,
      0xea, 0x60, 8, 6, 0, 0, 0, 0, 0, 0, 0,
    ]);
    const tries = [
      () => classify(new Blob([bomb])),
      () => classify(new Blob(['no image'])),
      () => classify(() => 1),
      () => classify('data:image/png;base64,AAAA', { top_k: -1 }),
      () => hearth!.pipeline('constructor'),
      () => hearth!.pipeline('rerank', model, { dtype: 'fp64' as never }),
    ];
    return Promise.all(tries.map((attempt) => attempt().catch((error) => `${error.code}: ${error.message}`)));
  }, models['image-classifier']!);
  expect(refused).toEqual([
    expect.stringContaining('too-long: The image (input 0) has 60000 × 60000 pixels'),
    expect.stringContaining('bad-input: This browser cannot read the image'),
    expect.stringContaining('bad-input: This call holds something that cannot be sent'),
    expect.stringContaining('bad-input: `top_k` must be'),
    expect.stringContaining('bad-input: There is no task named "constructor"'),
    expect.stringContaining('bad-input: dtype'),
  ]);
});

test('a site learns nothing of models that it was not granted, and cannot use them', async () => {
  const asked = page.evaluate(
    (model) =>
      hearth!.pipeline('text2text-generation', model).then(
        () => 'opened',
        (error) => error.code,
      ),
    models.writer!,
  );
  await harness.answer('Block');
  expect(await asked).toBe('not-allowed');
});

test.skipIf(!hasYolox)(
  'YOLOX finds what its authors’ runtime finds in a photograph (skips without ../shared/data)',
  async () => {
    const other = await harness.open('http://b.localhost/');
    const { origin } = new URL(other.url());
    await harness.call('background', 'decide', { origin, models: [models.yolox], decision: 'allow' });
    const { jpeg, found } = yoloxPhotograph();
    const boxes = await other.evaluate(
      async ({ model, base64 }) => {
        const detect = await hearth!.pipeline('object-detection', model, { device: 'wasm' });
        return (await detect(`data:image/jpeg;base64,${base64}`)) as {
          label: string;
          score: number;
          box: { xmin: number; ymin: number; xmax: number; ymax: number };
        }[];
      },
      { model: models.yolox!, base64: jpeg.toString('base64') },
    );
    expect(boxes.map(({ label }) => label)).toEqual(found.map(({ label }) => label));
    for (const [i, { score, box }] of boxes.entries()) {
      expect(score).toBeCloseTo(found[i]!.score, 3);
      // Theirs are cut to whole pixels
      expect(Object.values(box).map(Math.trunc)).toEqual(found[i]!.box_xyxy);
    }
  },
);
