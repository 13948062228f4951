// The product itself: the real engine behind window.hearth, on whatever adapter this browser has.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { dataFile, isMissing } from '../golden/data.ts';
import { Harness } from './harness.ts';

const isAbsent = isMissing('stories260K', 'expected.json');
const file = (type: string) => dataFile('stories260K', `stories260K-${type}.gguf`);

describe.skipIf(isAbsent)(
  'stories260K through window.hearth (skipped where ../shared/data is absent)',
  () => {
    const expected: Record<string, number[]> = isAbsent
      ? {}
      : JSON.parse(readFileSync(dataFile('stories260K', 'expected.json'), 'utf8')).greedy_ids;
    let harness: Harness;
    let models: Record<'f32' | 'f16', string>;

    beforeAll(async () => {
      await buildExtension();
      harness = await Harness.launch(resolve(root, DIST));
      await harness.call('background', 'wake');
      models = { f32: await harness.importFile(file('f32')), f16: await harness.importFile(file('f16')) };
      for (const site of ['http://a.test/', 'http://b.test/'])
        await harness.call('background', 'decide', {
          origin: new URL(harness.url(site)).origin,
          models: Object.values(models),
          decision: 'allow',
        });
    });
    afterAll(() => harness?.close());

    /** The ids of a greedy answer of 200 tokens from nothing, as a page gets them in a stream. */
    function greedyIds(page: Page, model: string): Promise<number[]> {
      return page.evaluate(async (model) => {
        const ids: number[] = [];
        const chunks = await hearth!.completions.create({
          model,
          prompt: [1],
          max_tokens: 200,
          temperature: 0,
          return_token_ids: true,
          stream: true,
        });
        for await (const { choices } of chunks) {
          ids.push(...choices[0]!.token_ids!);
          Object.assign(globalThis, { soFar: ids.length });
        }
        return ids;
      }, model);
    }

    test.each(['f32', 'f16'] as const)('%s gives exactly the reference’s ids', async (type) => {
      const page = await harness.open('http://a.test/');
      expect(await greedyIds(page, models[type])).toEqual(expected[`${type}_float_dequant`]);
    });

    test('two pages stream at once from one copy of the weights', async () => {
      const [a, b] = [await harness.open('http://a.test/'), await harness.open('http://b.test/')];
      const answers = Promise.all([greedyIds(a, models.f32), greedyIds(b, models.f32)]);
      await expect.poll(async () => (await harness.status()).running.length).toBe(2);
      expect((await harness.status()).loaded.filter(({ id }) => id === models.f32)).toHaveLength(1);
      for (const ids of await answers) expect(ids).toEqual(expected.f32_float_dequant);
    });

    test('an answer that its page aborts is gone from the engine', async () => {
      const page = await harness.open('http://a.test/');
      await page.evaluate(async (model) => {
        for await (const _ of await hearth!.completions.create({
          model,
          prompt: [1],
          max_tokens: 400,
          stream: true,
        }))
          break;
      }, models.f32);
      await expect.poll(async () => (await harness.status()).running.length).toBe(0);
    });

    test('the stream goes on when the service worker and then the GPU process die', async () => {
      const page = await harness.open('http://a.test/');
      const answer = greedyIds(page, models.f32);
      await page.waitForFunction(() => (globalThis as unknown as { soFar: number }).soFar > 5);
      await harness.stopServiceWorker();
      await harness.crashGpuProcess();
      expect(await answer).toEqual(expected.f32_float_dequant);
    });

    test.each([
      { why: 'an id that the model does not have', prompt: [4_000_000_000], code: 'bad-input' },
      { why: 'a prompt longer than the context', prompt: new Array(5000).fill(5), code: 'too-long' },
    ])('$why is refused with a code', async ({ prompt, code }) => {
      const page = await harness.open('http://a.test/');
      const failure = page.evaluate(
        (request) =>
          hearth!.completions.create(request).then(
            () => 'answered',
            (error) => error.code,
          ),
        { model: models.f32, prompt },
      );
      expect(await failure).toBe(code);
    });
  },
);
