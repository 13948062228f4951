import { expect, test } from 'vitest';
import { quantFormats } from '../../kernels/quants/index.ts';
import { randomModel } from '../../src/cli/random-model.ts';
import { relativeError } from '../gpu.ts';
import { measured } from '../measured.ts';
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
    const errors = together.map((row, i) => relativeError(row, expected[i]!));
    // By the kernels for one row
    const [first] = await model.logits(IDS.slice(0, 1), false);
    errors.push(relativeError(first!, expected[0]!));
    for (const error of errors) expect(measured('type', type, 'model', error)).toBeLessThan(1e-5);
    await model.dispose();
  },
);
