// A tiny model's answers on an adapter, with guesses in every step that may have some, and with none.
import { expect, test } from 'vitest';
import { openGpu } from '../../../test/gpu.ts';
import { GREEDY, type SamplingOptions } from '../../protocol/generate.ts';
import { randomModel } from '../../cli/random-model.ts';
import { systemClock } from '../clock.ts';
import { Governor } from '../schedule/governor.ts';
import { Model } from '../model.ts';
import { readModelFile } from '../model-file.ts';
import { drafterOf } from '../drafter.ts';
import type { Drafter } from './drafts.ts';
import type { Speculates } from './speculation.ts';

const bytes = randomModel('tiny', 'Q8_0');
const source = {
  size: bytes.length,
  read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
};
const gpu = await openGpu({ features: { dp4a: false } });

const load = async () =>
  Model.load({
    device: { open: async () => gpu },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 10, contextLength: 128, maxRows: 40 },
  });
const model = await load();

async function ask(
  speculates: Speculates,
  ids: number[],
  sampling: SamplingOptions,
  maxTokens = 80,
  drafter?: Drafter,
) {
  const answer: number[] = [];
  const { steps } = await model.run(
    {
      ids,
      maxTokens,
      sampling,
      stop: [],
      origin: speculates,
      lane: 'interactive',
      ignoreEnd: true,
      speculates,
      drafter,
    },
    async (part) => void answer.push(...part.ids),
    new AbortController().signal,
  );
  return { answer, steps };
}

const repeats = Array.from({ length: 30 }, (_, i) => 100 + (i % 5));

test.each([
  { why: 'greedy', sampling: GREEDY },
  { why: 'sampled', sampling: { ...GREEDY, temperature: 0.7, topK: 3, topP: 0.9, seed: 7 } },
])('a $why answer that is guessed ahead is the answer', async ({ sampling }) => {
  const expected = await ask('never', repeats, sampling);
  expect(expected.answer).toHaveLength(80);
  const guessed = await ask('always', repeats, sampling);
  expect(guessed.answer).toEqual(expected.answer);
  // An answer at random seldom repeats itself
  if (sampling === GREEDY) expect(guessed.steps).toBeLessThan(expected.steps / 2);
});

test('an answer that another model drafts is the answer, and one that draws alike saves most steps', async () => {
  const draft = await load();
  const asked = { origin: 'drafted', lane: 'interactive' } as const;
  const sampling = { ...GREEDY, temperature: 0.9, seed: 11 };
  const ids = [5, 6, 7];
  const expected = await ask('never', ids, sampling, 24);
  const drafter = drafterOf(draft, model, { ...asked, sampling }, () => true);
  const drafted = await ask('always', ids, sampling, 24, drafter);
  expect(drafted.answer).toEqual(expected.answer);
  expect(drafted.steps).toBeLessThan(expected.steps / 2);
  await draft.dispose();
});
