// Vectors of tiny random models against those that transformers makes.
import { describe, expect, test } from 'vitest';
import { relativeError } from '../../gpu.ts';
import { type Form, measured } from '../../measured.ts';
import { CONVERSIONS, convert, toBytes } from './convert.ts';
import { embed, load } from './engine.ts';
import { readFixture } from './fixture.ts';

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
