import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallModel } from '../../test/fakes/model-files.ts';
import { layOutWeights } from './weights/layout.ts';
import { readModelFile } from './model-file.ts';
import { planMemory } from './plan/plan.ts';
import { promptIds } from './text/prompt.ts';

const sound = smallModel({
  metadata: { 'tokenizer.chat_template': { type: 'string', value: '{{ messages[0].content }}' } },
});
/** The weights are zeros: whatever they are, they are weights. */
const HEADER_BYTES = sound.findLastIndex((byte) => byte !== 0);
const BUDGET_BYTES = 2 ** 30;

/** All that happens to a file before the first byte of its weights is read. */
async function understand(bytes: Uint8Array): Promise<void> {
  const file = await readModelFile({
    size: bytes.length,
    async read(offset, length) {
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      return bytes.slice(offset, offset + length);
    },
  });
  const { bytes: weightsBytes } = layOutWeights(file.tensors, 2 ** 27);
  const plan = planMemory({
    config: file.config,
    weightsBytes,
    budgetBytes: BUDGET_BYTES,
    slots: 32,
    maxRows: 512,
  });
  expect(plan.totalBytes).toBeGreaterThan(0);
  expect(plan.totalBytes).toBeLessThanOrEqual(BUDGET_BYTES);
  const messages = [{ role: 'user', content: 'ABC' } as const];
  const ids = promptIds(file, { kind: 'messages', messages }, plan.contextLength);
  for (const id of ids) expect(id).toBeLessThan(file.config.vocab);
}

test('a sound file is understood', () => understand(sound));

test('a damaged file is understood or refused by a code and a sentence, and nothing else', async () => {
  const change = fc.tuple(fc.nat(HEADER_BYTES), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = sound.slice();
      for (const [at, value] of changes) bytes[at] = value;
      const error = await understand(bytes).catch((error: unknown) => error);
      if (error === undefined) return;
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(bad-model|unsupported-model|out-of-memory|bad-input|too-long)$/),
        message: expect.stringMatching(/^[^\n]{20,2000}[.!?]$/),
      });
    }),
    { numRuns: 1000, seed: 5 },
  );
});
