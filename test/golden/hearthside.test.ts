import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { promptIds } from '../../src/engine/text/prompt.ts';
import { relativeError } from '../gpu.ts';
import { loadModel, run } from './engine.ts';

interface Golden {
  name: string;
  rendered: string;
  ids: number[];
  greedy: number[];
  /** Between the best logit and the next one, at each step. */
  gaps: number[];
  first_logits: number[];
}

const folder = join(import.meta.dirname, '../../models/bundled');
const { prompts }: { prompts: Golden[] } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const model = await loadModel(join(folder, 'hearthside-25m.gguf'));
/** A choice between two logits this close may fall either way in f32. */
const TIE = 1e-3;

test.each(prompts)('the bundled model gives the golden tokens: $name', async ({ ids, greedy, gaps }) => {
  const tie = gaps.findIndex((gap) => gap < TIE);
  const steps = tie < 0 ? greedy.length : tie;
  expect(steps).toBeGreaterThan(20);
  const answer = await run(model, { ids, maxTokens: greedy.length, ignoreEnd: true });
  expect(answer.ids.slice(0, steps)).toEqual(greedy.slice(0, steps));
});

test.each(prompts)(
  'its logits are those of f64 arithmetic on the same weights: $name',
  async ({ ids, first_logits }) => {
    const [logits] = await model.logits(ids, false);
    expect(relativeError(logits!.slice(0, first_logits.length), first_logits)).toBeLessThan(1e-5);
  },
);

test('a chat becomes the text that the model was trained on', () => {
  const { rendered, ids } = prompts.find(({ name }) => name === 'chat with a system turn')!;
  expect(rendered).toContain('Answer in one sentence.');
  const messages = [
    { role: 'system' as const, content: 'Answer in one sentence.' },
    { role: 'user' as const, content: 'Describe the garden.' },
  ];
  expect(promptIds(model.file, { kind: 'messages', messages }, model.contextLength)).toEqual(ids);
});
