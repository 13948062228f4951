// Every architecture in each form in which rows are computed, against the logits of transformers.
import { describe, expect, test } from 'vitest';
import { measured } from '../../measured.ts';
import { relativeError } from '../../gpu.ts';
import { loadSource } from '../engine.ts';
import { CONVERSIONS, convert, toFile } from './convert.ts';
import { readFixture } from './fixture.ts';

const TOLERANCE = 1e-4;
/** Within every window and original context. */
const SHORT = 8;

describe.each(Object.entries(CONVERSIONS))('%s', (family, { architecture }) => {
  test('prefill, decode, batch and long context have the logits of transformers', async () => {
    const { weights, tokens, cases } = readFixture(family);
    const { config, logits } = cases[0]!;
    const ids = tokens.slice(0, logits.length);
    const file = toFile(convert(family, weights, config));
    const model = await loadSource(file, { slots: 4, maxRows: 32, contextLength: logits.length, kv: 'f32' });
    const errorsOf = (rows: readonly Float32Array[]) => rows.map((row, i) => relativeError(row, logits[i]!));

    // In chunks of as many rows as there are slots: the whole text, of which its beginning is a short one
    const prefill = errorsOf(await model.logits(ids, true));
    const [decode] = (await model.decodedLogits([ids])).map(errorsOf);
    const batch = (await model.decodedLogits([ids, ids.slice(0, 11), ids.slice(0, 27)])).flatMap(errorsOf);
    const [last] = await model.logits(ids, false);
    await model.dispose();

    const forms = {
      prefill: prefill.slice(0, SHORT),
      decode: decode!.slice(0, SHORT),
      batch,
      'long context': [
        ...prefill.slice(SHORT),
        ...decode!.slice(SHORT),
        relativeError(last!, logits.at(-1)!),
      ],
    } as const;
    for (const [form, errors] of Object.entries(forms)) {
      expect(errors.length).toBeGreaterThan(0);
      const worst = Math.max(...errors);
      expect(measured('architecture', architecture, form as keyof typeof forms, worst)).toBeLessThan(
        TOLERANCE,
      );
    }
  });
});
