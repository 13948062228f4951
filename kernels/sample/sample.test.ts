import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats } from '../../test/gpu.ts';
import { distributionReference, scoresReference, softmax } from './reference.ts';
import {
  asideOf,
  biasBits,
  IN_PROMPT,
  maskWords,
  packSampler,
  type Sampler,
  SCRATCH_BYTES,
  sampleGather,
  samplePick,
  sampleScan,
  UNDER_MASK,
} from './sample.ts';

const gpu = await openGpu();

const greedy: Sampler = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 1,
};
const warm: Sampler = { ...greedy, temperature: 1 };

const spread = [...randomFloats(200, 4)];

describe('greedy choice', () => {
  test.each([
    { why: 'a single token', logits: [0.5], expected: 0 },
    { why: 'the highest logit, in the last part', logits: [1, 2, 3, -4, 5, 4, 3, 6], expected: 7 },
    { why: 'the lowest id of equals in different parts', logits: [-1, 7, 2, 7, 7, 0, 1, 1], expected: 1 },
    { why: 'the first of logits that are all equal', logits: filled(8, -2), expected: 0 },
    { why: 'the only one that is not -infinity', logits: filled(8, -Infinity, { 2: -900 }), expected: 2 },
    { why: 'the first if all are -infinity', logits: filled(8, -Infinity), expected: 0 },
    { why: 'infinity', logits: filled(8, 1, { 5: Infinity }), expected: 5 },
  ])('takes $why', async ({ logits, expected }) => {
    expect(await ids([{ logits, sampler: greedy }])).toEqual([expected]);
    expect(await ids([{ logits, sampler: { ...warm, topK: 1, topP: 0.5 } }])).toEqual([expected]);
  });

  test('takes the lowest id of equals within a thread and between threads', async () => {
    const logits = filled(8, 0, { 1: 7, 4: 7, 5: 7 });
    expect(await ids([{ logits, sampler: greedy }], { parts: 1 })).toEqual([1]);
  });

  test('finds one token in a large vocabulary that does not divide into parts', async () => {
    const logits = randomFloats(50_257, 5);
    logits[50_256] = 6;
    expect(await ids([{ logits, sampler: greedy }], { parts: 7, threads: 16 })).toEqual([50_256]);
  });
});

test('a log-probability is that of the logits as they came, whatever was drawn', async () => {
  const logits = spread;
  const counts = logits.map((_, i) => (i % 3 ? IN_PROMPT : 2));
  const sampler = { ...warm, temperature: 2, repetitionPenalty: 1.5, frequencyPenalty: 0.5, topK: 40 };
  const exact = softmax(logits).map(Math.log);
  for (const sampling of [greedy, warm, sampler]) {
    const { results } = await sample([{ logits, counts, sampler: sampling }]);
    const [{ id, logprob }] = results as [{ id: number; logprob: number }];
    expect(logprob).toBeCloseTo(exact[id]!, 4);
  }
});

test.each([
  { what: 'no number', odd: Number.NaN },
  { what: 'infinity', odd: Infinity },
  { what: '-infinity', odd: -Infinity },
])('a logit that is $what leaves no log-probability, wherever it stands', async ({ odd }) => {
  for (const at of [0, 101, spread.length - 1]) {
    const logits = spread.map((logit, i) => (i === at ? odd : logit));
    for (const sampler of [greedy, warm, { ...warm, topK: 10 }]) {
      const { results } = await sample([
        { logits, sampler },
        { logits: spread, sampler },
      ]);
      expect(results.map(({ logprob }) => Number.isNaN(logprob))).toEqual([true, false]);
    }
  }
});

describe('penalties', () => {
  const logits = [4, 3.9, 3.8, -1, -1.05, -50, -50, -50];

  test.each([
    { why: 'repetition, in the answer', counts: [1, 0, 0, 0, 0], set: { repetitionPenalty: 1.1 } },
    { why: 'repetition, in the prompt', counts: [IN_PROMPT, 0, 0, 0, 0], set: { repetitionPenalty: 1.1 } },
    { why: 'repetition of a negative logit', counts: [9, 9, 9, 1, 0], set: { repetitionPenalty: 20 } },
    { why: 'frequency', counts: [2, 1, 0, 0, 0], set: { frequencyPenalty: 0.2 } },
    {
      why: 'frequency, which spares the prompt',
      counts: [IN_PROMPT, 0, 0, 0, 0],
      set: { frequencyPenalty: 2 },
    },
    { why: 'presence, however often', counts: [1, 5, 9, 0, 0], set: { presencePenalty: 1 } },
    {
      why: 'all three',
      counts: [IN_PROMPT + 2, 1, 3, 0, 0],
      set: { repetitionPenalty: 1.3, frequencyPenalty: 0.7, presencePenalty: 0.3 },
    },
    {
      why: 'biases, which raise and forbid',
      counts: [biasBits(-100), 0, 0, biasBits(4.9), biasBits(5)],
      set: { isBiased: true },
    },
    {
      why: 'biases beside penalties',
      counts: [(biasBits(0.5) + IN_PROMPT + 2) >>> 0, biasBits(-0.5) + 1, 0, 0, biasBits(100)],
      set: { isBiased: true, repetitionPenalty: 1.1, presencePenalty: 0.4 },
    },
  ])('follow the definition of $why', async ({ counts, set }) => {
    const sampler = { ...greedy, ...set };
    const scores = scoresReference(logits, counts, sampler);
    const best = scores.indexOf(Math.max(...scores));
    expect(await ids([{ logits, counts, sampler }])).toEqual([best]);
    // And what is drawn under them is what the definition leaves
    const drawing = { ...warm, ...set };
    await expectSurvivors(logits, counts, { ...drawing, topP: 0.6 });
  });

  test('a chosen token is counted once, beside its mark, up to the largest count', async () => {
    const once = await sample([{ logits: [1, 2], counts: [0, IN_PROMPT + 4], sampler: greedy }]);
    expect([...once.counts]).toEqual([0, IN_PROMPT + 5]);
    const full = await sample([{ logits: [1, 2], counts: [0, 0xffff], sampler: greedy }]);
    expect([...full.counts]).toEqual([0, 0xffff]);
  });
});

describe('restrictions leave exactly the tokens of the definition', () => {
  const peaked = spread.map((logit, i) => (i === 77 ? 30 : logit));
  const flat = filled(200, 1.25);
  const level = spread.map((logit, i) => (i < 40 ? 5 : logit));
  const tied = [3, 1, 2, 2, 0, 2, -1, -1];
  const masked = spread.map((logit, i) => (i % 3 ? -Infinity : logit));

  test.each([
    { why: 'top-k', logits: spread, set: { topK: 5 } },
    { why: 'top-k over one per part', logits: spread, set: { topK: 90 } },
    { why: 'top-k far under a peak', logits: peaked, set: { topK: 3, temperature: 20 } },
    { why: 'a top-k larger than the vocabulary', logits: tied, set: { topK: 50 } },
    { why: 'top-k with ties at its end', logits: tied, set: { topK: 2 } },
    { why: 'a tiny top-p', logits: spread, set: { topP: 1e-6 } },
    { why: 'a top-p of zero', logits: spread, set: { topP: 0 } },
    { why: 'top-p', logits: spread, set: { topP: 0.7 } },
    { why: 'a top-p of nearly all', logits: spread, set: { topP: 0.9999 } },
    { why: 'min-p', logits: spread, set: { minP: 0.1 } },
    { why: 'a min-p of one, the best alone', logits: spread, set: { minP: 1 } },
    { why: 'a min-p under what is gathered', logits: peaked, set: { minP: 1e-12, temperature: 1.5 } },
    { why: 'all together, hot', logits: spread, set: { topK: 60, topP: 0.8, minP: 0.2, temperature: 3 } },
    { why: 'top-p within top-k', logits: level, set: { topK: 20, topP: 0.5 } },
    { why: 'equal logits', logits: flat, set: { topP: 0.5, topK: 3 } },
    { why: 'masked tokens, never', logits: masked, set: { topP: 0.999, temperature: 50 } },
    { why: 'top-k beyond what is not masked', logits: masked, set: { topK: 60 } },
  ])('$why', async ({ logits, set }) => {
    await expectSurvivors(logits, undefined, { ...warm, ...set });
  });

  test('also where too many tokens are near the best to be gathered', async () => {
    const logits = [...randomFloats(6_000, 0.5)];
    for (const set of [{ topK: 4 }, { topP: 0.002 }, { minP: 0.9997 ** 2 }])
      await expectSurvivors(logits, undefined, { ...warm, ...set }, 12);
  });

  test('also where those far from the best count, by their number', async () => {
    const logits = filled(6_000, 0, { 321: 12.5 });
    for (const set of [{ topP: 0.9999 }, { minP: 1e-6 }])
      await expectSurvivors(logits, undefined, { ...warm, ...set }, 600);
  });

  test('and the choice is the same if nothing was gathered', async () => {
    const rows = [1, 2, 3].map((seed) => ({
      logits: spread,
      sampler: { ...warm, seed, topK: 40, topP: 0.9 },
    }));
    expect(await ids(rows)).toEqual(await ids(rows, { gather: false }));
  });
});

describe('a mask', () => {
  const allowed = [3, 31, 32, 63, 64, 150, 199];
  const rest = spread.map((logit, id) => (allowed.includes(id) ? logit : Number.NEGATIVE_INFINITY));

  test.each([
    { why: 'greedy choice', set: { temperature: 0 } },
    { why: 'all tokens, hot', set: { temperature: 2 } },
    { why: 'hardly warm', set: { temperature: 1.1e-4 } },
    { why: 'top-k that is more than it leaves', set: { topK: 40 } },
    { why: 'top-k within it', set: { topK: 3, temperature: 5 } },
    { why: 'top-k over one per part', set: { topK: 120 } },
    { why: 'top-p', set: { topP: 0.8 } },
    { why: 'min-p', set: { minP: 0.3 } },
    { why: 'penalties', set: { frequencyPenalty: 2, repetitionPenalty: 1.5, temperature: 2 } },
  ])('leaves what -infinity for the others would: $why', async ({ set }) => {
    const rows = Array.from({ length: 60 }, (_, position) => ({ sampler: { ...warm, ...set }, position }));
    const masked = await ids(rows.map((row) => ({ ...row, logits: spread, allowed })));
    expect(masked).toEqual(await ids(rows.map((row) => ({ ...row, logits: rest }))));
    expect(masked.filter((id) => !allowed.includes(id))).toEqual([]);
  });

  test('of one sequence does not touch another, and a single token is certain', async () => {
    const sampler = { ...warm, temperature: 3 };
    const [free] = await ids([{ logits: spread, sampler }]);
    const row = { logits: spread, sampler };
    expect(await ids([{ ...row, allowed: [7] }, row, { ...row, allowed: [199] }])).toEqual([7, free, 199]);
  });

  test.each([
    { why: 'greedy choice', set: { temperature: 0 } },
    { why: 'all tokens', set: { temperature: 2 } },
    { why: 'what top-k and top-p leave', set: { topK: 20, topP: 0.9 } },
    { why: 'what penalties leave, counted once', set: { repetitionPenalty: 1.5 } },
  ])('comes with what would be said without it, which leaves no trace: $why', async ({ set }) => {
    const sampler = { ...warm, ...set };
    const rows = [4, 5, 6].map((position) => ({ logits: spread, sampler, position }));
    const held = await sample(rows.map((row) => ({ ...row, allowed })));
    const free = await sample(rows);
    expect(held.asides).toEqual(free.sampled);
    expect(held.sampled).toEqual(held.results.map(({ id }) => id));
    expect(held.counts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
  });

  test('leaves log-probabilities as they were', async () => {
    const { results } = await sample([{ logits: spread, sampler: greedy, allowed: [11] }]);
    expect(results[0]!.logprob).toBeCloseTo(Math.log(softmax(spread)[11]!), 4);
  });
});

describe('randomness', () => {
  const logits = spread;

  test('the same seed and position give the same token, wherever in the batch and however divided', async () => {
    const row = { logits, sampler: { ...warm, topP: 0.95, seed: 99 }, position: 7 };
    const others = Array.from({ length: 5 }, (_, i) => ({
      logits: [...randomFloats(200, 3, 60 + i)],
      sampler: { ...warm, seed: i },
      position: i,
    }));
    const [alone] = await ids([row]);
    expect((await ids([...others, row])).at(-1)).toBe(alone);
    expect((await ids([row, ...others], { parts: 3, threads: 8 }))[0]).toBe(alone);
  });

  test('seeds and positions give different tokens', async () => {
    const bySeed = await ids(
      Array.from({ length: 40 }, (_, seed) => ({ logits, sampler: { ...warm, seed } })),
    );
    const byPosition = await ids(
      Array.from({ length: 40 }, (_, position) => ({ logits, sampler: warm, position })),
    );
    expect(new Set(bySeed).size).toBeGreaterThan(10);
    expect(new Set(byPosition).size).toBeGreaterThan(10);
  });

  test.each([
    { why: 'all tokens', set: {} },
    { why: 'those that top-k, top-p and min-p leave', set: { topK: 9, topP: 0.95, minP: 0.03 } },
  ])('20,000 draws spread as the softmax of $why (chi-square)', async ({ set }) => {
    const logits = [2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2, -2.5, -3, -8];
    const sampler = { ...warm, ...set, temperature: 1.3, seed: 42 };
    const count = 20_000;
    const tokens = await draws(logits, sampler, count);
    const seen = logits.map((_, id) => tokens.filter((token) => token === id).length);
    const scores = scoresReference(logits, new Uint32Array(logits.length), sampler);
    const expected = distributionReference(scores, sampler);

    let chiSquare = 0;
    let kept = 0;
    for (const [token, probability] of expected.entries()) {
      if (probability === 0) expect(seen[token]).toBe(0);
      else {
        chiSquare += (seen[token]! - count * probability) ** 2 / (count * probability);
        kept++;
      }
    }
    // The 99.9th percentile by Wilson and Hilferty's approximation
    const freedom = kept - 1;
    expect(freedom).toBeGreaterThan(4);
    const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
    expect(chiSquare).toBeLessThan(limit);
  });

  test('draws at successive positions do not follow each other', async () => {
    const count = 20_000;
    const tokens = await draws(filled(12, -Infinity, { 3: 0, 8: 0 }), warm, count);
    const repeats = tokens.filter((token, i) => i > 0 && token === tokens[i - 1]).length;
    expect(Math.abs(repeats - count / 2)).toBeLessThan(4 * Math.sqrt(count / 4));
  });
});

interface Given {
  logits: ArrayLike<number>;
  counts?: ArrayLike<number> | undefined;
  sampler: Sampler;
  position?: number;
  /** Tokens that may come; all if absent. */
  allowed?: readonly number[];
}
interface Division {
  parts?: number;
  threads?: number;
  gather?: boolean;
}

/** One output, and one sequence, for each of `given`, all of one vocabulary. */
async function sample(given: readonly Given[], { parts = 5, threads = 4, gather = true }: Division = {}) {
  const vocab = given[0]!.logits.length;
  const outputs = given.length;
  // Outputs in the reverse order of their sequences, so that one cannot pass for the other
  const last = outputs - 1;
  const rows = [...given].reverse();
  const start = new Uint32Array(outputs * vocab);
  for (const [i, { counts = [] }] of given.entries()) start.set(Uint32Array.from(counts), i * vocab);
  const choices = rows.map(({ position = 0, allowed }, i) => [
    last - i,
    position,
    0,
    allowed ? UNDER_MASK : 0,
  ]);
  // And what those with a mask would say without it
  const asides = rows.flatMap(({ position = 0, allowed }, i) =>
    allowed ? [[last - i, position, 0, asideOf(i)]] : [],
  );
  const samples = outputs + asides.length;
  const shape = { outputs: samples, vocab, parts, threads };
  const buffers = {
    outputs: upload(Uint32Array.from([...choices, ...asides].flat())),
    samplers: upload(join(given.map(({ sampler }) => packSampler(sampler)))),
    logits: upload(join(rows.map(({ logits }) => new Uint8Array(Float32Array.from(logits).buffer)))),
    masks: upload(join(given.map(({ allowed }) => new Uint8Array(mask(vocab, allowed).buffer)))),
    counts: upload(start),
    scratch: gpu.buffer('scratch', samples * SCRATCH_BYTES),
    sampled: gpu.buffer('sampled', outputs * 4),
    results: gpu.buffer('results', samples * 8),
  };

  const { scratch, sampled, results, ...read } = buffers;
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const [kernel, ...written] of [
    [sampleScan, scratch],
    ...(gather ? ([[sampleGather, scratch]] as const) : []),
    [samplePick, scratch, sampled, results],
  ] as const) {
    const pipeline = await gpu.pipeline(kernel, shape);
    const bound = [...Object.values(read), ...written].map((buffer) => ({ buffer }));
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, gpu.bind(pipeline, bound));
    pass.dispatchWorkgroups(...kernel.workgroups(shape));
  }
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);

  const words = async (buffer: GPUBuffer) => new Uint32Array(await gpu.read({ buffer }));
  const pairs = await words(results);
  const logprobs = new Float32Array(pairs.buffer);
  const found = {
    counts: await words(buffers.counts),
    sampled: [...(await words(sampled))],
    results: given.map((_, i) => ({ id: pairs[(last - i) * 2]!, logprob: logprobs[(last - i) * 2 + 1]! })),
    asides: asides.map((_, i) => pairs[(samples - 1 - i) * 2]!),
  };
  for (const buffer of Object.values(buffers)) buffer.destroy();
  return found;
}

async function ids(given: readonly Given[], division?: Division): Promise<number[]> {
  const { sampled, results } = await sample(given, division);
  expect(results.map(({ id }) => id)).toEqual(sampled);
  return sampled;
}

/** Draws at `count` successive positions, in batches that fit the scratch into a software adapter. */
async function draws(logits: readonly number[], sampler: Sampler, count: number): Promise<number[]> {
  const tokens: number[] = [];
  while (tokens.length < count) {
    const batch = Array.from({ length: Math.min(2_000, count - tokens.length) }, (_, i) => ({
      logits,
      sampler,
      position: tokens.length + i,
    }));
    tokens.push(...(await ids(batch, { parts: 1, threads: 1 })));
  }
  return tokens;
}

/** Draws often from `logits` and checks that no other tokens come than the sampler should leave, and all of these that are likely. */
async function expectSurvivors(
  logits: readonly number[],
  counts: readonly number[] | undefined,
  sampler: Sampler,
  draws = 1_000,
): Promise<void> {
  const scores = scoresReference(logits, counts ?? filled(logits.length, 0), sampler);
  const expected = distributionReference(scores, sampler);
  const drawn = new Set(
    await ids(Array.from({ length: draws }, (_, position) => ({ logits, counts, sampler, position }))),
  );
  expect([...drawn].filter((token) => expected[token] === 0)).toEqual([]);
  // What has this probability comes in `draws` draws but for a chance of 1 in 20,000
  const enough = 10 / draws;
  const likely = [...expected.keys()].filter((token) => expected[token]! > enough);
  expect(likely.filter((token) => !drawn.has(token))).toEqual([]);
  const likelySum = likely.reduce((sum, token) => sum + expected[token]!, 0);
  if (1 - likelySum > enough) expect(drawn.size).toBeGreaterThan(likely.length);
}

function mask(vocab: number, allowed: readonly number[] | undefined): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(maskWords(vocab));
  for (const id of allowed ?? []) words[id >> 5]! |= 1 << (id & 31);
  return words;
}

/** `length` times `value`, but for some places. */
function filled(length: number, value: number, others: Record<number, number> = {}): number[] {
  return Array.from({ length }, (_, i) => others[i] ?? value);
}

function upload(values: Uint8Array | Uint32Array): GPUBuffer {
  const buffer = gpu.buffer('input', values.byteLength);
  gpu.device.queue.writeBuffer(buffer, 0, values as Uint8Array<ArrayBuffer>);
  return buffer;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
