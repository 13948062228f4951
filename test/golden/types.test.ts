import { expect, test } from 'vitest';
import { quantFormats } from '../../kernels/quants/index.ts';
import { randomModel } from '../../src/cli/random-model.ts';
import { relativeError } from '../gpu.ts';
import { loadSource } from './engine.ts';
import { bytesSource, llamaReference } from './llama-reference.ts';

const IDS = [3, 1001, 512, 3];

test.each(quantFormats.map(({ name }) => name))(
  'a model of %s gives the logits of the definition',
  async (type) => {
    const file = randomModel('tiny', type);
    const expected = await llamaReference(file, IDS);
    const model = await loadSource(bytesSource(file), { slots: IDS.length, contextLength: 256 });

    const together = await model.logits(IDS, true);
    expect(together).toHaveLength(IDS.length);
    for (const [i, row] of together.entries()) expect(relativeError(row, expected[i]!)).toBeLessThan(1e-5);
    // By the kernels for one row
    const [first] = await model.logits(IDS.slice(0, 1), false);
    expect(relativeError(first!, expected[0]!)).toBeLessThan(1e-5);
    await model.dispose();
  },
);
