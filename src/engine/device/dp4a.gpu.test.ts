import { expect, test } from 'vitest';
import { openGpu, relativeError } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';
import { systemClock } from '../clock.ts';
import { Governor } from '../schedule/governor.ts';
import { Model } from '../model.ts';
import { readModelFile } from '../model-file.ts';

const bytes = randomModel('tiny', 'Q8_0');
const source = {
  size: bytes.length,
  read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
};

async function open(dp4a: boolean): Promise<Model> {
  const gpu = await openGpu({ features: { dp4a } });
  return Model.load({
    device: { open: async () => gpu },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: Number.POSITIVE_INFINITY, slots: 1, contextLength: 64, maxRows: 40 },
  });
}

const exact = await open(false);
const integer = await open(true);

// A row alone is quantized where it is read, few rows go through mat-vecs, many through tiles
test.each([1, 3, 40])('%i rows in int8 give nearly the logits of floats', async (rows) => {
  const ids = Array.from({ length: rows }, (_, i) => (i * 37 + 5) % 1024);
  const [[inFloats], [inIntegers]] = [await exact.logits(ids, false), await integer.logits(ids, false)];
  const loss = relativeError(inIntegers!, inFloats!);
  expect(loss).toBeLessThan(2e-2);
  expect(loss).toBeGreaterThan(1e-4);
});
