import { describe, expect, test } from 'vitest';
import { openGpu, relativeError } from '../../gpu.ts';
import { loadSource } from '../engine.ts';
import { CONVERSIONS, convert, toFile } from './convert.ts';
import { type HfConfig, readFixture } from './fixture.ts';

// Both linear maps and the cache in f16, where the adapter has it: Dawn shows NVIDIA's only where HEARTH_DAWN asks for it
const gpu = await openGpu({ features: { f16: true, dp4a: false } });
const isLacking = !gpu.has('shader-f16');

describe.each(Object.keys(CONVERSIONS))('%s', (family) => {
  const { weights, tokens, cases } = readFixture(family);

  test.skipIf(isLacking).each(cases)('$name: logits in f16 are nearly those of transformers', async (c) => {
    const file = toFile(convert(family, weights, c.config));
    const sizes = { slots: c.logits.length, contextLength: c.logits.length, kv: 'f16' } as const;
    const model = await loadSource(file, sizes, { open: async () => gpu });
    const rows = await model.logits(tokens.slice(0, c.logits.length), true);
    await model.dispose();
    const kept = rows.map((row, i) => ({
      row,
      expected: c.logits[i]!,
      error: relativeError(row, c.logits[i]!),
    }));
    // Which experts a row is given to is a step: where two are about even rounding tips it, and later rows see that one.
    // So of mixtures the better half of the rows is judged
    if (hasExperts(c.config)) kept.sort((a, b) => a.error - b.error).splice(Math.ceil(kept.length / 2));
    const actual = kept.flatMap(({ row }) => [...row]);
    const expected = kept.flatMap(({ expected }) => [...expected]);
    expect(relativeError(actual, expected)).toBeLessThan(hasExperts(c.config) ? 5e-3 : 2e-3);
  });
});

function hasExperts({ num_experts, num_local_experts }: HfConfig): boolean {
  return (num_experts ?? num_local_experts ?? 0) > 0;
}
