import { describe, expect, test } from 'vitest';
import { openGpu, relativeError } from '../../gpu.ts';
import { loadSource, run } from '../engine.ts';
import { CONVERSIONS, convert, toFile } from './convert.ts';
import { readFixture } from './fixture.ts';

const CONTEXT = 192;
/** Attention in every block; windows in most; short convolutions in most. */
const FAMILIES = ['qwen3', 'gemma3_text', 'lfm2'];

const fixture = (family: string) => {
  const { weights, tokens, cases } = readFixture(family);
  const { metadata, tensors } = convert(family, weights, cases[0]!.config);
  // So long that windows are worth pages of their own
  const key = `${CONVERSIONS[family]!.architecture}.context_length`;
  const longer = { ...metadata, [key]: { type: 'uint32', value: CONTEXT } as const };
  return { tokens: [...tokens], file: toFile({ metadata: longer, tensors }) };
};

describe.each(FAMILIES)('%s', (family) => {
  test('an answer past the end of the context goes on as a new text of what is left would', async () => {
    const { tokens, file } = fixture(family);
    const contextLength = 48;
    const model = await loadSource(file, { contextLength, kv: 'f32' });
    const [prompt, maxTokens, keepTokens] = [tokens.slice(0, 21), 60, 18];
    const shifted = await run(model, { ids: prompt, maxTokens, shift: { keepTokens } });
    expect(shifted).toMatchObject({ finishReason: 'length' });

    const ids: number[] = [];
    let text = [...prompt];
    while (ids.length < maxTokens) {
      const part = await run(model, {
        ids: text,
        maxTokens: maxTokens - ids.length,
        origin: 'https://b.example',
      });
      ids.push(...part.ids);
      text.push(...part.ids);
      text = [...text.slice(0, keepTokens), ...text.slice(keepTokens + (contextLength - keepTokens) / 2)];
    }
    expect(shifted.ids).toEqual(ids);
    await model.dispose();
  });

  test('answers beside others, sent back and taken up again are those made alone', async () => {
    const { tokens, file } = fixture(family);
    const sizes = { contextLength: CONTEXT, kv: 'f32', slots: 4 } as const;
    const alone = await loadSource(file, { ...sizes, maxRows: 64 });
    const prompts = [5, 23, 40, 31].map((length) => tokens.slice(48 - length));
    const expected = [];
    for (const ids of prompts) expected.push((await run(alone, { ids, maxTokens: 50 })).ids);
    await alone.dispose();

    // Room for little more than one full context, given in small steps
    const roomy = (await loadSource(file, { ...sizes, maxRows: 3 })).plan;
    const budgetBytes = roomy.totalBytes - roomy.kvBytes + Math.ceil((roomy.kvBytes / 4) * 1.5);
    const tight = await loadSource(file, { ...sizes, maxRows: 3, budgetBytes });
    expect(tight.plan).toMatchObject({ contextLength: CONTEXT, kv: 'f32' });
    const together = await Promise.all(
      prompts.map((ids, i) => run(tight, { ids, maxTokens: 50, origin: `https://${i}.example` })),
    );
    expect(together.map(({ ids }) => ids)).toEqual(expected);
    await tight.dispose();
  });

  test('the next turn of a talk starts where the last one ended', async () => {
    const { tokens, file } = fixture(family);
    const model = await loadSource(file, { contextLength: CONTEXT, kv: 'f32', maxRows: 3 });
    const first = await run(model, { ids: tokens.slice(0, 20), maxTokens: 70 });
    const turn = [...tokens.slice(0, 20), ...first.ids, ...tokens.slice(30, 36)];
    const second = await run(model, { ids: turn, maxTokens: 20 });
    const afresh = await run(model, { ids: turn, maxTokens: 20, origin: 'https://b.example' });
    expect(second).toMatchObject({ cachedTokens: 80, ids: afresh.ids });
    expect(afresh.cachedTokens).toBe(0);
    await model.dispose();
  });
});

test('a device lost once the context has shifted takes nothing along', async () => {
  const { tokens, file } = fixture('lfm2');
  const request = { ids: tokens.slice(0, 12), maxTokens: 60, shift: { keepTokens: 8 } };
  const sizes = { contextLength: 32, kv: 'f32' } as const;
  const calm = await loadSource(file, sizes);
  const { ids } = await run(calm, request);
  await calm.dispose();

  const opened = [await openGpu({})];
  const isLost = () =>
    Promise.race([opened.at(-1)!.lost.then(() => true), Promise.resolve().then(() => false)]);
  const device = {
    async open() {
      if (await isLost()) opened.push(await openGpu({}));
      return opened.at(-1)!;
    },
  };
  const model = await loadSource(file, sizes, device);
  let seen = 0;
  const shaken = await run(model, request, (part) => {
    seen += part.ids.length;
    if (seen > 40 && opened.length === 1) opened[0]!.device.destroy();
  });
  expect(opened).toHaveLength(2);
  expect(shaken.ids).toEqual(ids);
  await model.dispose();
});

test.each([
  { family: 'gemma3_text', windows: [10, 0] },
  { family: 'lfm2', windows: [3, 0] },
])('$family: blocks with a window have fewer pages than others', async ({ family, windows }) => {
  const { tokens, file } = fixture(family);
  const model = await loadSource(file, { contextLength: CONTEXT, kv: 'f32', maxRows: 3, slots: 1 });
  const { groups, maxPages } = model.plan;
  expect(groups.map(({ window }) => window)).toEqual(windows);
  expect(groups[0]!.pageCount).toBeLessThan(maxPages);
  expect(groups[1]!.pageCount).toBe(maxPages);
  // A whole context through them: each page is used again
  const { ids } = await run(model, { ids: tokens.slice(0, 20), maxTokens: 108 });
  const text = [...tokens.slice(0, 20), ...ids];
  const [last] = await model.logits(text.slice(0, -1), false);
  expect(last!.indexOf(Math.max(...last!))).toBe(text.at(-1));
  await model.dispose();
});

/** Of all logits, and of the row that it hits hardest: scores of random weights are large, and so is what rounding moves them by. */
const BOUNDS = { f16: { all: 1e-3, row: 4e-3 }, q8_0: { all: 2e-2, row: 5e-2 } };

describe.each(['llama', 'qwen3', 'gemma3_text', 'gemma2', 'phi3', 'lfm2'])('%s', (family) => {
  test.each(['f16', 'q8_0'] as const)('a cache of %s gives nearly the logits of f32', async (kv) => {
    const { tokens, file } = fixture(family);
    const logitsWith = async (type: 'f32' | typeof kv) => {
      const model = await loadSource(file, { slots: 48, contextLength: 48, kv: type });
      const rows = await model.logits(tokens, true);
      await model.dispose();
      return rows;
    };
    const [exact, rounded] = [await logitsWith('f32'), await logitsWith(kv)];
    const errors = rounded.map((row, i) => relativeError(row, exact[i]!));
    expect(Math.max(...errors)).toBeLessThan(BOUNDS[kv].row);
    const flat = (rows: Float32Array[]) => rows.flatMap((row) => [...row]);
    expect(relativeError(flat(rounded), flat(exact))).toBeLessThan(BOUNDS[kv].all);
    expect(Math.max(...errors)).toBeGreaterThan(0);
  });
});
