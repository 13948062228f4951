// Answers with guesses and without, on a stepper whose cache keeps what was written to it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openPagedRunner, type PagedRunnerOptions } from '../../../test/fakes/paged-runner.ts';
import type { PagedStepper, PagedStepperOptions } from '../../../test/fakes/paged-stepper.ts';
import { softmax } from '../../../kernels/sample/reference.ts';
import { GREEDY, type SamplingOptions } from '../../protocol/generate.ts';
import type { Speculates } from './speculation.ts';
import { Lookup } from './lookup.ts';

function open(
  sample: PagedStepperOptions['sample'],
  speculates: Speculates,
  options: Partial<PagedRunnerOptions> = {},
) {
  const { step, ask } = openPagedRunner({ sample, ...options });
  return {
    step,
    ask: (ids: number[], maxTokens: number, sampling = GREEDY, origin = 'https://a.example') =>
      ask({ ids, maxTokens, sampling, origin, speculates }),
  };
}

/** 32 bits of anything. */
function hash(numbers: readonly number[]): number {
  let value = 0x811c9dc5;
  for (const n of numbers) {
    value = Math.imul(value ^ n, 0x01000193);
    value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  }
  return (value ^ (value >>> 13)) >>> 0;
}

/** Some text, in which all that went before counts, but which often goes on as a place before did. */
function model(vocab: number, loyalty: number) {
  return (text: readonly number[]) => {
    const random = hash(text);
    const [a, b] = text.slice(-2);
    const before = text.findLastIndex(
      (token, i) => i < text.length - 2 && token === a && text[i + 1] === b && i >= 0,
    );
    if (before >= 0 && random % 100 < loyalty) return text[before + 2]!;
    return (random >>> 8) % vocab;
  };
}

test('an answer that is guessed ahead is the answer, whatever the model says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 1, max: 120 }),
      async (prompt, vocab, loyalty, length) => {
        const plain = await open(model(vocab, loyalty), 'never').ask(prompt, length);
        expect(plain).toHaveLength(length);
        for (const speculates of ['always', 'by gain'] as const)
          expect(await open(model(vocab, loyalty), speculates).ask(prompt, length)).toEqual(plain);
      },
    ),
    { numRuns: 40 },
  );
});

test('answers side by side, with too few slots and pages and texts that stay, are the same too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }), {
        minLength: 2,
        maxLength: 6,
      }),
      fc.integer({ min: 30, max: 100 }),
      fc.integer({ min: 2, max: 8 }),
      async (prompts, loyalty, slots) => {
        const answers = async (speculates: Speculates) => {
          const { ask } = open(model(4, loyalty), speculates, { slots, pageCount: 40 });
          const first = await Promise.all(prompts.map((ids, i) => ask(ids, 30 + i, GREEDY, `site ${i % 2}`)));
          // A second turn starts from what guesses have left in the cache
          const turns = prompts.map((ids, i) => [...ids, ...first[i]!, 1]);
          return [first, await Promise.all(turns.map((ids, i) => ask(ids, 20, GREEDY, `site ${i % 2}`)))];
        };
        expect(await answers('always')).toEqual(await answers('never'));
      },
    ),
    { numRuns: 20 },
  );
});

describe('when sampling', () => {
  const LOGITS = [2, 1.5, 0, -1, 0.5];
  /** Gumbel-max with noise of seed, position and token alone, as the GPU has it. */
  const sample = (text: readonly number[], { seed, temperature }: SamplingOptions) => {
    // What comes depends on the last token; a repeated one is likelier
    const scores = LOGITS.map((logit, token) => (logit + (token === text.at(-3) ? 2 : 0)) / temperature);
    const noise = (token: number) => -Math.log(-Math.log((hash([seed, text.length, token]) + 0.5) / 2 ** 32));
    const noisy = scores.map((score, token) => score + noise(token));
    return noisy.indexOf(Math.max(...noisy));
  };

  test('each seed gives the same answer with guesses as without', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const sampling = { ...GREEDY, temperature: 0.8, seed };
      const plain = await open(sample, 'never').ask([0, 1, 2], 60, sampling);
      expect(await open(sample, 'always').ask([0, 1, 2], 60, sampling)).toEqual(plain);
    }
  });

  test('tokens that came by guesses are distributed as the model has it', async () => {
    const seen = new Map<number, number[]>();
    let guessed = 0;
    for (let seed = 1000; seed < 1300; seed++) {
      const { ask, step } = open(sample, 'always');
      const text = [0, 1, 2, ...(await ask([0, 1, 2], 60, { ...GREEDY, temperature: 1, seed }))];
      guessed += step.steps.filter(({ decodes, rows }) => rows > decodes).length;
      for (let at = 3; at < text.length; at++) {
        const counts = seen.get(text[at - 3]!) ?? LOGITS.map(() => 0);
        counts[text[at]!]! += 1;
        seen.set(text[at - 3]!, counts);
      }
    }
    expect(guessed).toBeGreaterThan(1000);
    // Pearson's chi-squared, 4 degrees of freedom for each of 5 contexts: over 45.3 once in a thousand
    let chiSquared = 0;
    for (const [context, counts] of seen) {
      const chances = softmax(LOGITS.map((logit, token) => logit + (token === context ? 2 : 0)));
      const sum = counts.reduce((a, b) => a + b);
      for (const [token, count] of counts.entries()) {
        const expected = chances[token]! * sum;
        chiSquared += (count - expected) ** 2 / expected;
      }
    }
    expect(chiSquared).toBeLessThan(45.3);
  });
});

describe('what guessing wins', () => {
  /** A row more costs a twentieth of a step. */
  const busyMs: PagedStepperOptions['busyMs'] = ({ decodes, prefills }) =>
    1 + 0.05 * [...decodes, ...prefills].reduce((sum, { rows }) => sum + rows - 1, 0);
  const decoding = ({ steps }: PagedStepper) => steps.filter(({ decodes }) => decodes > 0);
  const time = (step: PagedStepper) =>
    decoding(step).reduce((sum, { decodes, rows }) => sum + 1 + 0.05 * (rows - decodes), 0);

  test('a copy takes fewer than half of the steps', async () => {
    const prompt = Array.from({ length: 120 }, (_, i) => 10 + (hash([i]) % 200));
    const copies = (text: readonly number[]) => text[text.length - 120]!;
    const { step, ask } = open(copies, 'by gain', { busyMs });
    expect(await ask(prompt, 240)).toEqual([...prompt, ...prompt]);
    expect(decoding(step).length).toBeLessThan(240 / 2);
  });

  test.each([
    { why: 'never repeats itself', sample: (text: readonly number[]) => hash(text) % 5000 },
    { why: 'repeats a little, always in another way', sample: model(6, 50) },
    {
      why: 'breaks its word as soon as it is trusted',
      sample: (text: readonly number[]) => (text.length % 11 < 9 ? text.length % 11 : 100 + text.length),
    },
  ])('a text that $why takes at most 3 % longer', async ({ sample }) => {
    const { step, ask } = open(sample, 'by gain', { busyMs });
    await ask([1, 2, 3], 250);
    expect(time(step)).toBeLessThan(250 / 0.97);
  });

  test('where rows cost as much as steps, nothing is guessed for long', async () => {
    const costly: PagedStepperOptions['busyMs'] = ({ decodes }) =>
      decodes.reduce((sum, { rows }) => sum + rows, 0);
    const { step, ask } = open(() => 1, 'by gain', { busyMs: costly });
    await ask([1, 1, 1, 1], 250);
    const rows = decoding(step).reduce((sum, { rows }) => sum + rows, 0);
    expect(rows).toBeLessThan(250 / 0.97);
  });
});

test('where penalties count what is sampled, nothing is guessed', async () => {
  const { step, ask } = open(() => 1, 'always');
  await ask([1, 1, 1, 1], 50, { ...GREEDY, frequencyPenalty: 1 });
  expect(step.steps.every(({ decodes, rows }) => decodes === 0 || rows === decodes)).toBe(true);
});

test('a place that ends alike is read on from, past the end of the text', () => {
  const lookup = new Lookup();
  for (const token of [1, 2, 3, 4, 5]) lookup.push(token);
  expect(lookup.guess(3)).toEqual([]);
  for (const token of [1, 2, 3]) lookup.push(token);
  expect(lookup.guess(7)).toEqual([4, 5, 1, 2, 3, 4, 5]);
  lookup.push(9);
  expect(lookup.guess(1)).toEqual([]);
});
