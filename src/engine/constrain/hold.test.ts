// Answers that are held to a grammar, ahead of it and step by step, on a stepper whose cache keeps what was written to it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionReference } from '../../../kernels/sample/reference.ts';
import { openPagedRunner, type PagedRunnerOptions } from '../../../test/fakes/paged-runner.ts';
import type { PagedStepper, PagedStepperOptions } from '../../../test/fakes/paged-stepper.ts';
import { GREEDY, type SamplingOptions } from '../../protocol/generate.ts';
import type { Speculates } from '../speculate/speculation.ts';
import type { Matcher } from './hold.ts';

const VOCAB = 12;
const END = 0;

/** 32 bits of anything. */
function hash(...numbers: number[]): number {
  let value = 0x811c9dc5;
  for (const n of numbers) {
    value = Math.imul(value ^ n, 0x01000193);
    value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  }
  return (value ^ (value >>> 13)) >>> 0;
}

/** Which tokens a grammar allows after an answer: any of `strictness` percent is not, but one always is. */
type Rule = (answer: readonly number[], id: number) => boolean;
const anyRule =
  (seed: number, strictness: number): Rule =>
  (answer, id) =>
    hash(seed, ...answer, id) % 100 >= strictness || id === 1 + (hash(seed, ...answer) % (VOCAB - 1));

class RuleMatcher implements Matcher {
  readonly #answer: number[] = [];
  masks = 0;
  readonly isOver = false;
  constructor(private readonly rule: Rule) {}
  async mask() {
    this.masks++;
    let bits = 0;
    for (let id = 0; id < VOCAB; id++) bits |= Number(this.rule(this.#answer, id)) << id;
    return Int32Array.of(bits);
  }
  accept(id: number): boolean {
    if (!this.rule(this.#answer, id)) return false;
    this.#answer.push(id);
    return true;
  }
  dispose() {}
}

const logitsAfter = (text: readonly number[]) =>
  Array.from({ length: VOCAB }, (_, id) => (hash(...text.slice(-3), id) % 1000) / 200);
const noise = (seed: number, position: number, id: number) =>
  -Math.log(-Math.log((hash(seed, position, id) + 0.5) / 2 ** 32));

/** As the GPU has it: filters over those that may come, then the highest score with noise of seed, position and token. */
function sample(text: readonly number[], sampling: SamplingOptions, mask?: Int32Array): number {
  const greedy = sampling.temperature === 0;
  const scores = logitsAfter(text).map((logit, id) =>
    mask && ((mask[0]! >> id) & 1) === 0 ? -1e30 : greedy ? logit : logit / sampling.temperature,
  );
  const chances = distributionReference(scores, sampling);
  const noisy = scores.map((score, id) =>
    chances[id] === 0 ? -1e31 : score + (greedy ? 0 : noise(sampling.seed, text.length, id)),
  );
  return noisy.indexOf(Math.max(...noisy));
}

interface Ask {
  rule?: Rule;
  sampling?: Partial<SamplingOptions>;
  maxTokens?: number;
  ids?: number[];
  origin?: string;
}

function open(speculates: Speculates, options: Partial<PagedRunnerOptions> = {}) {
  const { step, ask } = openPagedRunner({ sample, endIds: new Set([END]), ...options });
  return {
    step,
    async ask({ rule, sampling, maxTokens = 40, ids = [3, 1, 2], origin = 'a' }: Ask = {}) {
      const matcher = rule && new RuleMatcher(rule);
      const all = { ...GREEDY, ...sampling };
      const answer = await ask({ ids, maxTokens, sampling: all, origin, speculates, matcher });
      return { answer, masks: matcher?.masks };
    },
  };
}

/** What an answer should be by the definition alone: what is said freely, if it may come, else of what may. */
async function defined({
  rule,
  sampling,
  maxTokens = 40,
  ids = [3, 1, 2],
}: Required<Pick<Ask, 'rule'>> & Ask) {
  const [matcher, text, all] = [new RuleMatcher(rule), [...ids], { ...GREEDY, ...sampling }];
  while (text.length < ids.length + maxTokens) {
    const free = sample(text, all);
    const id = rule(text.slice(ids.length), free) ? free : sample(text, all, await matcher.mask());
    if (id === END) break;
    matcher.accept(id);
    text.push(id);
  }
  return text.slice(ids.length);
}

const samplings = fc.constantFrom<Partial<SamplingOptions>>(
  {},
  { temperature: 1 },
  { temperature: 2, topK: 3 },
  { temperature: 1.5, topP: 0.7 },
  { temperature: 1, minP: 0.2, topK: 6 },
);

test('an answer is what the definition says, whether it runs ahead of its grammar, waits for it, or both', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(100),
      samplings,
      fc.nat(0xffffffff),
      async (seed, strictness, sampling, chance) => {
        const asked = { rule: anyRule(seed, strictness), sampling: { ...sampling, seed: chance } };
        const expected = await defined(asked);
        for (const speculates of ['always', 'never', 'by gain'] as const)
          expect((await open(speculates).ask(asked)).answer).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test.each([
  { why: 'greedy', sampling: {} },
  { why: 'at a temperature', sampling: { temperature: 1.3 } },
])('$why, an answer is what sampling under the mask alone would give', async ({ sampling }) => {
  for (let seed = 0; seed < 40; seed++) {
    const asked = { rule: anyRule(seed, 60), sampling: { ...sampling, seed } };
    const [matcher, text] = [new RuleMatcher(asked.rule), [3, 1, 2]];
    while (text.length < 43) {
      const id = sample(text, { ...GREEDY, ...asked.sampling }, await matcher.mask());
      if (id === END) break;
      matcher.accept(id);
      text.push(id);
    }
    expect((await open('by gain').ask(asked)).answer).toEqual(text.slice(3));
  }
});

test('held answers beside free ones, with too few slots, are the same too', async () => {
  const asked = Array.from({ length: 6 }, (_, i) => ({
    ...(i % 3 === 0 ? {} : { rule: anyRule(i, 20 * i) }),
    sampling: { temperature: 1, seed: i },
    ids: [3, 1, i],
    origin: `site ${i % 2}`,
  }));
  const expected = [];
  for (const one of asked) expected.push((await open('never').ask(one)).answer);
  for (const slots of [2, 3, 20]) {
    const { ask } = open('by gain', { slots });
    expect((await Promise.all(asked.map(ask))).map(({ answer }) => answer)).toEqual(expected);
  }
});

describe('what holding costs', () => {
  const steps = ({ steps }: PagedStepper) => steps.filter(({ decodes }) => decodes > 0);

  test('an answer that keeps to its grammar by itself waits for no mask and takes no more steps than a free one', async () => {
    const everything: Rule = (_, id) => id !== END;
    const endless: PagedStepperOptions['sample'] = (text, sampling) => Math.max(1, sample(text, sampling));
    const { step, ask } = open('by gain', { sample: endless });
    const { answer, masks } = await ask({ rule: everything, sampling: { temperature: 1 }, maxTokens: 200 });
    const free = open('by gain', { sample: endless });
    expect(answer).toEqual((await free.ask({ sampling: { temperature: 1 }, maxTokens: 200 })).answer);
    expect(masks).toBe(0);
    expect(steps(step).length).toBe(steps(free.step).length);
  });

  test('one that never does is soon waited for, and takes one step a token', async () => {
    const onlyOne: Rule = (answer, id) => id === 1 + (hash(...answer) % (VOCAB - 1));
    const { step, ask } = open('by gain');
    const { answer } = await ask({ rule: onlyOne, sampling: { temperature: 1 }, maxTokens: 200 });
    expect(answer.length).toBe(200);
    expect(steps(step).length).toBeLessThan(200 * 1.1);
  });

  test('one that has found its way is trusted again', async () => {
    const strictAtFirst: Rule = (answer, id) =>
      id !== END && (answer.length >= 30 || id === 1 + (hash(...answer) % (VOCAB - 1)));
    const { step, ask } = open('by gain');
    await ask({ rule: strictAtFirst, sampling: { temperature: 1 }, maxTokens: 200 });
    expect(step.steps.slice(-100).every(({ masks }) => masks <= 1)).toBe(true);
    expect(step.steps.slice(-100).reduce((sum, { masks }) => sum + masks, 0)).toBeLessThan(20);
  });
});

test('where tokens are counted, they are sampled under the mask alone', async () => {
  const { step, ask } = open('always');
  await ask({ rule: anyRule(1, 50), sampling: { temperature: 1, frequencyPenalty: 1 }, maxTokens: 30 });
  expect(step.steps.every(({ masks }) => masks === 1)).toBe(true);
});

test('what a text repeats is guessed in an answer that is held, too', async () => {
  const prompt = Array.from({ length: 60 }, (_, i) => 1 + (hash(i) % (VOCAB - 1)));
  const copies: PagedStepperOptions['sample'] = (text) => text[text.length - 60]!;
  const asked = { ids: prompt, maxTokens: 120, rule: (_: readonly number[], id: number) => id !== END };
  const { step, ask } = open('by gain', { sample: copies, busyMs: () => 1 });
  expect((await ask(asked)).answer).toEqual([...prompt, ...prompt]);
  expect(steps(step)).toBeLessThan(60);

  function steps({ steps }: PagedStepper): number {
    return steps.filter(({ decodes }) => decodes > 0).length;
  }
});
