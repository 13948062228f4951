// Texts that outlive their model's time on the device, on a disk in memory.
import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../../test/fakes/memory-directory.ts';
import { openGpu } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { TextStore } from '../../storage/text-store.ts';
import { systemClock } from '../clock.ts';
import { Governor } from '../schedule/governor.ts';
import { Model } from '../model.ts';
import { readModelFile } from '../model-file.ts';

const bytes = randomModel('tiny', 'Q8_0');
const gpu = await openGpu({ features: { dp4a: false } });
const PROMPT = Array.from({ length: 70 }, (_, i) => (i * 37) % 1000);

async function load(savedTexts: TextStore, weights = bytes): Promise<Model> {
  const source = {
    size: weights.length,
    read: async (offset: number, length: number) => weights.slice(offset, offset + length),
  };
  return Model.load({
    device: { open: async () => gpu },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 2, contextLength: 256, maxRows: 40 },
    savedTexts,
  });
}

async function ask(model: Model, ids: number[], { origin = 'a', isPrivate = false } = {}) {
  const answer: number[] = [];
  const { usage } = await model.run(
    {
      ids,
      maxTokens: 2,
      sampling: GREEDY,
      stop: [],
      origin,
      lane: 'interactive',
      isPrivate,
      ignoreEnd: true,
    },
    async (part) => void answer.push(...part.ids),
    new AbortController().signal,
  );
  return { answer, cachedTokens: usage.cachedTokens };
}

test('a turn after a restart starts where the text was saved, and says the same', async () => {
  const directory = new MemoryDirectory();
  const open = () => TextStore.open({ directory, time: { now: () => 0 }, capBytes: 2 ** 30 });
  const before = await load(await open());
  await ask(before, PROMPT);
  await ask(before, [7, ...PROMPT], { isPrivate: true });
  await before.saveTexts();
  const turn = [...PROMPT, 5, 6, 7];
  const expected = await ask(before, turn, { origin: 'nobody knows it' });
  expect(expected.cachedTokens).toBe(0);
  await before.dispose();

  const after = await load(await open());
  expect(await ask(after, turn)).toEqual({ answer: expected.answer, cachedTokens: 64 });
  // Neither other sites nor who is private gain by it
  expect((await ask(after, turn, { origin: 'b' })).cachedTokens).toBe(0);
  expect((await ask(after, [7, ...turn])).cachedTokens).toBe(0);
  await after.dispose();

  // Other weights are another model
  const changed = bytes.slice();
  changed[changed.length - 1]! ^= 1;
  const other = await load(await open(), changed);
  expect((await ask(other, turn)).cachedTokens).toBe(0);
  await other.dispose();
});
