import { describe, expect, test } from 'vitest';
import { relativeError } from '../../gpu.ts';
import { measured } from '../../measured.ts';
import { loadSource, run } from '../engine.ts';
import { CONVERSIONS, convert, toFile } from './convert.ts';
import { readFixture } from './fixture.ts';

/** Of two logits this close either may be the larger, by the order of sums. */
const TIE = 1e-3;

describe.each(Object.entries(CONVERSIONS))('%s', (family, { architecture }) => {
  const { weights, tokens, cases } = readFixture(family);

  test.each(cases)(
    '$name: logits are those of transformers, in one chunk',
    async ({ name, config, logits }) => {
      const ids = tokens.slice(0, logits.length);
      const contextLength = logits.length;
      const file = toFile(convert(family, weights, config));
      const model = await loadSource(file, { slots: ids.length, contextLength, kv: 'f32' });
      const rows = await model.logits(ids, true);
      const errors = rows.map((row, i) => relativeError(row, logits[i]!));
      await model.dispose();
      // Cases after the first scale RoPE, and go past the original context
      const form = name === cases[0]!.name ? 'prefill' : 'long context';
      expect(measured('architecture', architecture, form, Math.max(...errors))).toBeLessThan(1e-5);
    },
  );

  test('answers of several sequences at once, token by token and past every window, follow those logits', async () => {
    const { config, logits } = cases.find(({ name }) => name === 'plain') ?? cases[0]!;
    const file = toFile(convert(family, weights, config));
    const model = await loadSource(file, { slots: 4, maxRows: 20, contextLength: 64, kv: 'f32' });
    const last = await model.logits(tokens.slice(0, logits.length), false);
    expect(relativeError(last[0]!, logits.at(-1)!)).toBeLessThan(1e-5);

    const prompts = [3, 11, 40].map((length) => tokens.slice(0, length));
    const answers = await Promise.all(
      prompts.map((ids, i) => run(model, { ids: [...ids], maxTokens: 20, origin: `https://${i}.example` })),
    );
    for (const [i, prompt] of prompts.entries()) {
      const { ids } = answers[i]!;
      expect(ids).toHaveLength(20);
      // A row each, as answers are made; all at once, as prompts are read
      const whole = [...prompt, ...ids];
      const rows = await model.logits(whole, true);
      for (const [step, id] of ids.entries()) {
        const row = rows[prompt.length + step - 1]!;
        expect(row[id]).toBeGreaterThan(Math.max(...row) - TIE);
      }
    }
    await model.dispose();
  });
});
