// Vectors of tiny random models against those that transformers makes.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/engine/clock.ts';
import { EmbeddingModel } from '../../../src/engine/embedding-model.ts';
import { Governor } from '../../../src/engine/governor.ts';
import type { Gpu } from '../../../src/engine/gpu.ts';
import { readModelFile } from '../../../src/engine/model-file.ts';
import type { PlanSizes } from '../../../src/engine/plan.ts';
import { openGpu, relativeError } from '../../gpu.ts';
import { type Form, measured } from '../../measured.ts';
import { CONVERSIONS, convert, toBytes } from './convert.ts';
import { readFixture } from './fixture.ts';

/** One for the whole file, since a software adapter takes seconds to compile the kernels. */
const shared = openGpu({ features: { dp4a: false } });

async function load(
  bytes: Uint8Array,
  sizes: Partial<PlanSizes> = {},
  device: Promise<Gpu> = shared,
): Promise<EmbeddingModel> {
  const source = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.slice(at, at + length),
  };
  return EmbeddingModel.load({
    device: { open: () => device },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 4, ...sizes },
  });
}

function embed(
  model: EmbeddingModel,
  texts: number[][],
  origin = 'https://a.example',
): Promise<Float32Array[]> {
  return model.embed({ texts, origin, lane: 'interactive' }, () => {}, new AbortController().signal);
}

describe.each(Object.keys(CONVERSIONS))('%s', (family) => {
  const { weights, cases } = readFixture(family);
  const { architecture } = CONVERSIONS[family]!;

  test.each(cases)(
    '$name: vectors are those of transformers, of each text alone and of all at once',
    async (c) => {
      const model = await load(toBytes(convert(family, weights, c)));
      const ids = c.texts.map((text) => text.ids);
      const together = await embed(model, ids);
      const alone: Float32Array[] = [];
      for (const text of ids) alone.push(...(await embed(model, [text])));
      await model.dispose();
      for (const [i, { vector }] of c.texts.entries()) {
        const errors = {
          batch: relativeError(together[i]!, vector),
          prefill: relativeError(alone[i]!, vector),
        };
        for (const [form, error] of Object.entries(errors))
          expect(measured('architecture', architecture, form as Form, error)).toBeLessThan(1e-5);
      }
    },
  );

  test('texts of several sites share steps, and each vector is as if alone', async () => {
    const [c] = cases;
    const model = await load(toBytes(convert(family, weights, c!)), { maxRows: 70 });
    const texts = c!.texts.map((text) => text.ids);
    const sites = ['https://a.example', 'https://b.example', 'https://c.example'];
    const answers = await Promise.all(sites.map((site) => embed(model, texts, site)));
    await model.dispose();
    for (const vectors of answers)
      for (const [i, { vector }] of c!.texts.entries())
        expect(relativeError(vectors[i]!, vector)).toBeLessThan(1e-5);
  });
});
