import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GREEDY } from '../../protocol/generate.ts';
import type { ChainResult, StageChain, StageStep } from '../../protocol/stage.ts';
import { draftTokens } from './draft-tokens.ts';
import { Drafting } from './drafting.ts';

const SIZES = { pageSize: 16, maxRows: 64, contextLength: 256, onDrafts() {} };

/** Samples by what was written at every position before: a wrong guess that stays shows at once. */
class WritingChain implements StageChain {
  readonly depth = 2;
  laps = 0;
  rows = 0;
  readonly #written: number[][] = [];
  readonly #next: (text: readonly number[]) => number;

  constructor(next: (text: readonly number[]) => number) {
    this.#next = next;
  }

  async run({ rows, samplers }: StageStep): Promise<ChainResult> {
    this.laps++;
    this.rows += rows.length;
    for (const { slot } of samplers) this.#written[slot] = [];
    const ids = rows.flatMap(({ slot, position, token, isOutput }) => {
      const written = (this.#written[slot] ??= []);
      written[position] = token;
      return isOutput ? [this.#next(written.slice(0, position + 1))] : [];
    });
    return { ids: Uint32Array.from(ids), busyMs: 1 };
  }

  close(): void {}
}

async function generate(chain: StageChain, prompt: readonly number[], count: number, sampling = GREEDY) {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const isPrompt = i === 0;
    const rows = tokens
      .map((token, position) => ({ token, position, slot: 0, isOutput: position === tokens.length - 1 }))
      .filter(({ isOutput }) => isPrompt || isOutput);
    const { ids } = await chain.run({
      lane: 'interactive',
      pages: [],
      samplers: isPrompt ? [{ slot: 0, sampling, promptLength: prompt.length, tokens: [...tokens] }] : [],
      rows,
    });
    tokens.push(ids[0]!);
  }
  return tokens.slice(prompt.length);
}

const hash = (text: readonly number[]) =>
  text.reduce((sum, token) => Math.imul(sum ^ token, 0x01000193) >>> 3, 7);

test('a drafted answer is the answer, whatever the model says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      async (prompt, vocab, memory) => {
        const next = (text: readonly number[]) => hash(text.slice(-memory)) % vocab;
        const plain = await generate(new WritingChain(next), prompt, 60);
        const drafted = await generate(new Drafting(new WritingChain(next), SIZES), prompt, 60);
        expect(drafted).toEqual(plain);
      },
    ),
    { numRuns: 100 },
  );
});

test('a text that repeats itself pays a lap once for several tokens', async () => {
  const chain = new WritingChain((text) => text[text.length - 10] ?? text.length);
  const answer = await generate(new Drafting(chain, SIZES), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 100);
  expect(answer.slice(0, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]);
  expect(chain.laps).toBeLessThan(40);
});

test('guesses that are always wrong are soon not made', async () => {
  // Repeats, and then breaks its word: 1 2 x, 1 2 y, …
  const chain = new WritingChain((text) => [1, 2, 100 + text.length][text.length % 3]!);
  await generate(new Drafting(chain, SIZES), [0, 1, 2], 90);
  expect(chain.rows).toBeLessThan(90 * 1.7);
});

test('where penalties count what is sampled, nothing is guessed', async () => {
  const chain = new WritingChain(() => 1);
  await generate(new Drafting(chain, SIZES), [1, 1, 1, 1], 20, { ...GREEDY, frequencyPenalty: 1 });
  expect(chain.laps).toBe(20);
  expect(chain.rows).toBe(23);
});

test('no guess lies beyond the page that its sequence surely holds', async () => {
  const positions: number[] = [];
  const chain = new WritingChain(() => 1);
  const spy: StageChain = {
    depth: 1,
    close() {},
    run(step) {
      const [first] = step.rows;
      if (step.rows.length > 1 && first!.isOutput)
        for (const { position } of step.rows)
          positions.push(Math.floor(position / 16) - Math.floor(first!.position / 16));
      return chain.run(step);
    },
  };
  await generate(new Drafting(spy, SIZES), [1, 1, 1, 1], 100);
  expect(positions.length).toBeGreaterThan(20);
  expect(new Set(positions)).toEqual(new Set([0]));
});

test('drafts are what followed the same words before, the longest match first', () => {
  expect(draftTokens([1, 2, 3, 9, 8, 2, 3, 7, 1, 2, 3], 2)).toEqual([9, 8]);
  expect(draftTokens([2, 3, 9, 8, 2, 3, 7, 5, 2, 3], 2)).toEqual([7, 5]);
  expect(draftTokens([1, 2, 3, 4], 3)).toEqual([]);
});
