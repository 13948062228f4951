import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HearthError } from '../../src/protocol/errors.ts';
import { openGpu, relativeError } from '../gpu.ts';
import { dataFile, isMissing } from './data.ts';
import { GREEDY } from '../../src/protocol/generate.ts';
import { loadModel, run } from './engine.ts';

const file = (type: string) => dataFile('stories260K', `stories260K-${type}.gguf`);
const isAbsent = isMissing('stories260K', 'expected.json');
const expected = isAbsent
  ? undefined!
  : JSON.parse(readFileSync(dataFile('stories260K', 'expected.json'), 'utf8'));
/** The reference's greedy text, and BOS. */
const textIds = (steps: number): number[] => [1, ...expected.greedy_ids.f32_float_dequant.slice(0, steps)];

describe.skipIf(isAbsent)('stories260K (skipped where ../shared/data is absent)', () => {
  test.each(['f32', 'f16'])('%s: 200 greedy tokens are those of the reference', async (type) => {
    const model = await loadModel(file(type));
    const { ids, text, finishReason } = await run(model, { ids: [1], maxTokens: 200 });
    expect(ids).toEqual(expected.greedy_ids[`${type}_float_dequant`]);
    expect(text.trimStart().startsWith(expected.upstream_text_200_steps.slice(0, 100))).toBe(true);
    expect(finishReason).toBe('length');
    await model.dispose();
  });

  test.each(['f32', 'f16', 'q8_0', 'q4_0'])(
    '%s: logits and perplexity are those of the reference',
    async (type) => {
      const model = await loadModel(file(type), { slots: 16 });
      const ids = textIds(127);
      const rows = await model.logits(ids, true);
      expect(relativeError(rows[0]!, expected.first_position_logits[type])).toBeLessThan(1e-5);
      expect(perplexity(rows, ids) / expected.ppl_on_f32_greedy_128[type]).toBeCloseTo(1, 4);
      await model.dispose();
    },
  );

  test('an f16 cache stays close to the f32 one', async () => {
    const model = await loadModel(file('f32'), { slots: 16, kv: 'f16' });
    const rows = await model.logits(textIds(40), true);
    for (const [i, row] of expected.f32_logits_positions_0_to_7_on_greedy_text.entries()) {
      expect(relativeError(rows[i]!, row)).toBeLessThan(2e-3);
    }
    await model.dispose();
  });

  test('a cache of int8 costs less than half a hundredth of perplexity', async () => {
    const ids = textIds(127);
    const perplexityWith = async (kv: 'f32' | 'q8_0') => {
      const model = await loadModel(file('f32'), { slots: 16, kv });
      const rows = await model.logits(ids, true);
      await model.dispose();
      return perplexity(rows, ids);
    };
    const change = (await perplexityWith('q8_0')) / (await perplexityWith('f32')) - 1;
    expect(Math.abs(change)).toBeGreaterThan(0);
    // 0.29 % here, where a head has 8 values
    expect(Math.abs(change)).toBeLessThan(5e-3);
  });

  test('a prompt gives the same logits in one chunk, in many, and token by token', async () => {
    const ids = textIds(70);
    const [whole] = await logitsWith({ maxRows: 128 });
    for (const maxRows of [1, 7, 16, 33]) {
      const [last] = await logitsWith({ maxRows });
      expect(relativeError(last!, whole!)).toBeLessThan(1e-5);
    }
    async function logitsWith(sizes: { maxRows: number }) {
      const model = await loadModel(file('f32'), sizes);
      const rows = await model.logits(ids, false);
      await model.dispose();
      return rows;
    }
  });

  test('answers made side by side are those made alone', async () => {
    const model = await loadModel(file('f32'), { slots: 4 });
    const prompts = [[1], textIds(5), textIds(33), textIds(60), textIds(17), textIds(90)];
    const alone = [];
    for (const ids of prompts) alone.push(await run(model, { ids }));
    const together = await Promise.all(
      prompts.map((ids, i) => run(model, { ids, origin: `https://${i}.example` })),
    );
    expect(together.map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids));
    await model.dispose();
  });

  test('with too few pages for all, sequences take turns and lose nothing', async () => {
    const model = await loadModel(file('f32'), { slots: 4, contextLength: 256 });
    const roomy = await run(model, { ids: textIds(100), maxTokens: 100 });
    await model.dispose();
    // The cache has just enough pages for one full context
    const tight = await loadModel(file('f32'), {
      slots: 4,
      contextLength: 256,
      budgetBytes: tightBudget(model.plan),
    });
    expect(tight.plan.pageCount).toBeLessThan(2 * tight.plan.maxPages);
    const all = await Promise.all(
      [1, 2, 3].map((i) => run(tight, { ids: textIds(100), maxTokens: 100, origin: `https://${i}.example` })),
    );
    for (const { ids } of all) expect(ids).toEqual(roomy.ids);
    await tight.dispose();
  });

  test('the same seed gives the same text whatever runs beside it, another seed another', async () => {
    const model = await loadModel(file('f32'));
    const sampling = { ...GREEDY, temperature: 1, topP: 0.95, seed: 42 };
    const alone = await run(model, { ids: [1], sampling });
    const [beside, other] = await Promise.all([
      run(model, { ids: [1], sampling }),
      run(model, { ids: [1], sampling: { ...sampling, seed: 43 } }),
    ]);
    expect(beside.ids).toEqual(alone.ids);
    expect(other.ids).not.toEqual(alone.ids);
    await model.dispose();
  });

  test('a repetition penalty keeps the answer from its own words', async () => {
    const model = await loadModel(file('f32'));
    const { ids } = await run(model, {
      ids: [1],
      maxTokens: 60,
      sampling: { ...GREEDY, repetitionPenalty: 1000 },
    });
    expect(new Set(ids).size).toBe(60);
    await model.dispose();
  });

  test('aborting frees slot and pages at once, and the rest runs on', async () => {
    const model = await loadModel(file('f32'), { slots: 1 });
    const abort = new AbortController();
    const first = run(model, { ids: [1], maxTokens: 400 }, () => abort.abort(), abort.signal);
    const second = run(model, { ids: [1], maxTokens: 20 });
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect((await second).ids).toEqual(textIds(20).slice(1));
    expect([...model.running]).toEqual([]);
    await model.dispose();
  });

  test('a second turn starts from what the first left in the cache, and says the same', async () => {
    const model = await loadModel(file('f32'));
    const first = await run(model, { ids: textIds(40), maxTokens: 30 });
    const turn = [...textIds(40), ...first.ids, ...textIds(20).slice(1)];
    const second = await run(model, { ids: turn });
    // 41 + 30 tokens, of which the last was never computed: four pages of 16
    expect(second.cachedTokens).toBe(64);
    const elsewhere = await run(model, { ids: turn, origin: 'https://b.example' });
    expect(elsewhere.cachedTokens).toBe(0);
    expect(second.ids).toEqual(elsewhere.ids);
    await model.dispose();
  });

  test('a stop string ends the answer before it appears', async () => {
    const model = await loadModel(file('f32'));
    const { text, finishReason } = await run(model, { ids: [1], maxTokens: 200, stop: ['Lily.'] });
    expect(text.trimStart()).toBe('Once upon a time, there was a little girl named ');
    expect(finishReason).toBe('stop');
    await model.dispose();
  });

  test.each([
    { why: 'an empty prompt', ids: [], code: 'bad-input' },
    { why: 'a prompt longer than the context', ids: new Array(512).fill(1), code: 'too-long' },
  ])('$why is refused with a sentence', async ({ ids, code }) => {
    const model = await loadModel(file('f32'));
    await expect(run(model, { ids })).rejects.toMatchObject({ code });
    await model.dispose();
  });

  test('a model over the memory cap is refused before anything is allocated', async () => {
    await expect(loadModel(file('f32'), { budgetBytes: 1_000_000 })).rejects.toThrow(
      /needs .* MB.*memory cap/,
    );
    await expect(loadModel(file('f32'), { budgetBytes: 1_000_000 })).rejects.toBeInstanceOf(HearthError);
  });

  test('a device lost in the middle of two answers is opened again, and no token is lost or doubled', async () => {
    const undisturbed = textIds(120).slice(1);
    const opened = [await openGpu()];
    const model = await loadModel(
      file('f32'),
      {},
      {
        async open() {
          if (await isLost(opened.at(-1)!)) opened.push(await openGpu());
          return opened.at(-1)!;
        },
      },
    );
    let seen = 0;
    const crashOnce = ({ ids }: { ids: number[] }) => {
      seen += ids.length;
      if (seen > 40 && opened.length === 1) opened[0]!.device.destroy();
    };
    const [a, b] = await Promise.all([
      run(model, { ids: [1], maxTokens: 120 }, crashOnce),
      run(model, { ids: textIds(8), maxTokens: 112, origin: 'https://b.example' }),
    ]);
    expect(opened).toHaveLength(2);
    expect(a.ids).toEqual(undisturbed);
    expect(b.ids).toEqual(undisturbed.slice(8));
    await model.dispose();
  });
});

async function isLost(gpu: { lost: Promise<string> }): Promise<boolean> {
  return Promise.race([gpu.lost.then(() => true), Promise.resolve().then(() => false)]);
}

/** Enough for all but most of the cache. */
function tightBudget({
  totalBytes,
  kvBytes,
  pageCount,
  maxPages,
}: {
  totalBytes: number;
  kvBytes: number;
  pageCount: number;
  maxPages: number;
}): number {
  return totalBytes - kvBytes + Math.ceil((kvBytes / pageCount) * (maxPages + 2));
}

function perplexity(rows: Float32Array[], ids: number[]): number {
  let nll = 0;
  for (const [i, row] of rows.slice(0, -1).entries()) {
    const max = Math.max(...row);
    nll -= row[ids[i + 1]!]! - max - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - max), 0));
  }
  return Math.exp(nll / (rows.length - 1));
}
