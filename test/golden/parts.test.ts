import { expect, test } from 'vitest';
import { joinSources } from '../../models/gguf/joined-source.ts';
import { randomModel } from '../../src/cli/random-model.ts';
import { splitModel, writeParts } from '../fakes/split-model.ts';
import { loadSource } from './engine.ts';
import { bytesSource } from './llama-reference.ts';

test('a model in several files computes what it does in one', async () => {
  const file = randomModel('tiny', 'Q4_0');
  const parts = writeParts(await splitModel(file, 3));
  const sizes = { slots: 4, contextLength: 256 };
  const [whole, split] = [
    await loadSource(bytesSource(file), sizes),
    await loadSource(joinSources(parts.map(bytesSource)), sizes),
  ];
  expect(await split.logits([3, 1001, 512], true)).toEqual(await whole.logits([3, 1001, 512], true));
  await whole.dispose();
  await split.dispose();
});
