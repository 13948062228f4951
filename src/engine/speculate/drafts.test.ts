// Answers with drafts of a smaller model and without, on a stepper whose cache keeps what was written to it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { openPagedRunner } from '../../../test/fakes/paged-runner.ts';
import type { PagedStepper, PagedStepperOptions } from '../../../test/fakes/paged-stepper.ts';
import { GREEDY, type SamplingOptions } from '../../protocol/generate.ts';
import type { Drafter } from './drafts.ts';
import type { Speculates } from './speculation.ts';

const VOCAB = 8;

/** 32 bits of anything. */
function hash(...numbers: number[]): number {
  let value = 0x811c9dc5;
  for (const n of numbers) {
    value = Math.imul(value ^ n, 0x01000193);
    value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  }
  return (value ^ (value >>> 13)) >>> 0;
}

/** A model to which all that went before counts, and which never repeats itself but by chance. */
const says = (text: readonly number[]) => hash(...text) % VOCAB;
/** As the GPU samples: what is highest with noise of seed, position and token. */
const draws = (text: readonly number[], { seed }: SamplingOptions) => {
  const score = (id: number) =>
    (hash(...text.slice(-4), id) % 300) / 100 -
    Math.log(-Math.log((hash(seed, text.length, id) + 0.5) / 2 ** 32));
  const scores = Array.from({ length: VOCAB }, (_, id) => score(id));
  return scores.indexOf(Math.max(...scores));
};

/** Says what the model would in `percent` of all places; elsewhere something else. */
function drafterOf(
  sample: (text: readonly number[]) => number,
  percent: number,
): Drafter & { asked: number } {
  return {
    asked: 0,
    async draft(tokens, count) {
      this.asked++;
      const text = [...tokens];
      while (text.length < tokens.length + count) {
        const right = sample(text);
        text.push(hash(7, ...text) % 100 < percent ? right : (right + 1) % VOCAB);
      }
      return text.slice(tokens.length);
    },
  };
}

const prompts = fc.array(fc.integer({ min: 0, max: VOCAB - 1 }), { minLength: 1, maxLength: 20 });

test('an answer that is drafted is the answer, however good the drafts are', async () => {
  await fc.assert(
    fc.asyncProperty(
      prompts,
      fc.nat(100),
      fc.integer({ min: 1, max: 90 }),
      async (ids, percent, maxTokens) => {
        const plain = await openPagedRunner({ sample: says }).ask({ ids, maxTokens, speculates: 'never' });
        expect(plain).toHaveLength(maxTokens);
        for (const speculates of ['always', 'by gain'] as const) {
          const drafter = drafterOf(says, percent);
          expect(
            await openPagedRunner({ sample: says }).ask({ ids, maxTokens, speculates, drafter }),
          ).toEqual(plain);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('sampled with any seed, the answer is the same, and a drafter that draws alike is mostly right', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const asked = { ids: [1, 2, 3], maxTokens: 60, sampling: { ...GREEDY, temperature: 1, seed } };
    const plain = await openPagedRunner({ sample: draws }).ask({ ...asked, speculates: 'never' });
    const drafter = drafterOf((text) => draws(text, asked.sampling), 90);
    const { step, ask } = openPagedRunner({ sample: draws });
    expect(await ask({ ...asked, speculates: 'always', drafter })).toEqual(plain);
    expect(decoding(step).length).toBeLessThan(40);
  }
});

test('drafted answers beside others, with too few slots and pages, are the same too', async () => {
  const asked = Array.from({ length: 6 }, (_, i) => ({
    ids: Array.from({ length: 3 + 4 * i }, (_, at) => (at * i) % VOCAB),
    maxTokens: 30 + i,
    origin: `site ${i % 2}`,
    ...(i % 3 > 0 && { drafter: drafterOf(says, 30 * i) }),
  }));
  const answers = (speculates: Speculates, slots: number) => {
    const { ask } = openPagedRunner({ sample: says, slots, pageCount: 40 });
    return Promise.all(asked.map((one) => ask({ ...one, speculates })));
  };
  const expected = await answers('never', 20);
  for (const slots of [2, 3, 12]) expect(await answers('always', slots)).toEqual(expected);
});

test('an answer that is held to something is drafted as well', async () => {
  let [refused, taken] = [0, 0];
  const odd = {
    isOver: false,
    mask: async () => Int32Array.of(0b10101010),
    accept: (id: number) => (id % 2 === 1 ? ++taken > 0 : ++refused < 0),
    dispose() {},
  };
  const sample: PagedStepperOptions['sample'] = (text, _, mask) =>
    mask || says(text) > 1 ? says(text) | 1 : 0;
  const drafter = drafterOf((text) => says(text) | 1, 100);
  const { step, ask } = openPagedRunner({ sample });
  const answer = await ask({ ids: [1], maxTokens: 60, speculates: 'always', drafter, matcher: odd });
  const text = [1];
  while (text.length < 61) text.push(says(text) | 1);
  expect(answer).toEqual(text.slice(1));
  expect([taken, refused > 0]).toEqual([60, true]);
  expect(decoding(step).some(({ rows }) => rows > 1)).toBe(true);
});

describe('what drafts win', () => {
  /** A step takes 10 ms and a twentieth of that for each guess; a drafted token takes `draftMs`. */
  async function timed(percent: number, draftMs: number, speculates: Speculates) {
    const clock = { ...fakeClock(), time: 0, now: () => clock.time };
    const exact = drafterOf(says, percent);
    const drafter: Drafter = {
      async draft(tokens, count, signal) {
        clock.time += count * draftMs;
        return exact.draft(tokens, count, signal);
      },
    };
    const { step, ask } = openPagedRunner({
      sample: says,
      clock,
      busyMs: ({ decodes }) => 10 + 0.5 * decodes.reduce((sum, { rows }) => sum + rows - 1, 0),
      async arrive(ms) {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        clock.time += ms;
      },
    });
    await ask({ ids: [1, 2, 3], maxTokens: 250, speculates, drafter });
    return { ms: clock.time, asked: exact.asked, step };
  }

  test('drafts that are mostly right are kept up, and the answer comes in half the time', async () => {
    const plain = await timed(95, 1, 'never');
    expect(plain.asked).toBe(0);
    expect((await timed(95, 1, 'by gain')).ms).toBeLessThan(plain.ms / 2);
  });

  test.each([
    { why: 'are always wrong', percent: 0, draftMs: 1 },
    { why: 'take as long as the model does', percent: 100, draftMs: 10 },
  ])('drafts that $why are soon given up', async ({ percent, draftMs }) => {
    const plain = await timed(percent, draftMs, 'never');
    expect((await timed(percent, draftMs, 'by gain')).ms).toBeLessThan(plain.ms * 1.15);
  });
});

test('a drafter that has nothing to say holds nothing up', async () => {
  const drafter: Drafter = { draft: async () => [] };
  const { ask } = openPagedRunner({ sample: says });
  const asked = { ids: [1, 2], maxTokens: 50 };
  expect(await ask({ ...asked, speculates: 'always', drafter })).toEqual(
    await ask({ ...asked, speculates: 'never' }),
  );
});

test('who stops an answer stops its draft', async () => {
  const stopped: AbortSignal[] = [];
  const drafter: Drafter = {
    draft: (_, __, signal) => {
      stopped.push(signal);
      return new Promise(() => {});
    },
  };
  const end = new AbortController();
  const { ask } = openPagedRunner({ sample: says });
  const asking = ask({ ids: [1, 2], maxTokens: 50, speculates: 'always', drafter }, end.signal);
  while (stopped.length === 0) await Promise.resolve();
  end.abort();
  await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
  expect(stopped[0]!.aborted).toBe(true);
});

test('where penalties count what is sampled, nothing is drafted', async () => {
  const drafter = drafterOf(says, 100);
  const { ask } = openPagedRunner({ sample: says });
  await ask({
    ids: [1],
    maxTokens: 40,
    speculates: 'always',
    drafter,
    sampling: { ...GREEDY, presencePenalty: 1 },
  });
  expect(drafter.asked).toBe(0);
});

function decoding({ steps }: PagedStepper) {
  return steps.filter(({ decodes }) => decodes > 0);
}
