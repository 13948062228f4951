// A model in stages gives the tokens that it gives alone, as f32 and as f16, and through losses.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { Governor } from '../../src/engine/schedule/governor.ts';
import { readModelFile } from '../../src/engine/model-file.ts';
import { GpuStage, planStageOn } from '../../src/engine/stages/gpu-stage.ts';
import { layOutWeights, matrixBytes } from '../../src/engine/weights/layout.ts';
import { planChain, sizesOf } from '../../src/engine/stages/stage-sizes.ts';
import { StagedModel } from '../../src/engine/stages/staged-model.ts';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { GREEDY, type GeneratePart } from '../../src/protocol/generate.ts';
import { HearthError } from '../../src/protocol/errors.ts';
import type {
  HiddenType,
  PageChange,
  SamplerChange,
  Stage,
  StageChain,
  StageOrder,
  StageRow,
  StageSizes,
  StageStep,
} from '../../src/protocol/stage.ts';
import { openGpu } from '../gpu.ts';
import { convert, toFile } from './architectures/convert.ts';
import { readFixture } from './architectures/fixture.ts';
import { loadSource, run } from './engine.ts';

const gpu = await openGpu({ features: { dp4a: false } });
const device = { open: async () => gpu };

/** Stages in a row on this GPU; what passes between them is counted. */
class Row implements StageChain {
  readonly depth = 3;
  hiddenBytes = 0;
  #hops: Promise<unknown> = Promise.resolve();

  constructor(readonly stages: readonly Stage[]) {}

  run(step: StageStep) {
    const result = this.#hops.then(() => this.#run(step));
    this.#hops = result.catch(() => {});
    return result;
  }

  async #run(step: StageStep) {
    let hidden: Uint8Array<ArrayBuffer> | undefined;
    for (const stage of this.stages) {
      const output = await stage.run({ ...step, hidden });
      if (output.kind === 'ids') return { ids: output.ids, busyMs: output.busyMs };
      hidden = output.hidden;
      this.hiddenBytes += hidden.length;
    }
    throw new Error('No stage samples.');
  }

  close(): void {
    for (const stage of this.stages) stage.destroy();
  }
}

async function openRow(
  source: ByteSource,
  cuts: readonly number[],
  hidden: HiddenType,
  sizes: StageSizes,
): Promise<Row> {
  const file = await readModelFile(source);
  const { blocks, dim } = file.config;
  const stages: Stage[] = [];
  for (const [i, end] of [...cuts, blocks].entries()) {
    const first = cuts[i - 1] ?? 0;
    const span = { first, end, embeds: first === 0, samples: end === blocks };
    const order: StageOrder = { model: '', span, sizes, hidden, dim };
    stages.push(await GpuStage.load(gpu, source, planStageOn(gpu, file, order)));
  }
  return new Row(stages);
}

async function loadStaged(
  source: ByteSource,
  cuts: readonly number[],
  hidden: HiddenType,
  wanted: Partial<StageSizes> = {},
  /** Called with each chain that is opened. */
  onOpen: (row: Row) => StageChain = (row) => row,
): Promise<StagedModel> {
  return StagedModel.load({
    file: await readModelFile(source),
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: wanted,
    place: (sizes) => ({
      open: async () => onOpen(await openRow(source, cuts, hidden, sizes)),
      close() {},
      places: [],
      isGone: false,
    }),
  });
}

async function answer(
  model: StagedModel,
  ids: readonly number[],
  maxTokens: number,
  origin = 'https://a.example',
) {
  const parts: GeneratePart[] = [];
  await model.run(
    { ids: [...ids], maxTokens, sampling: GREEDY, stop: [], origin, lane: 'interactive', ignoreEnd: true },
    async (part) => void parts.push(part),
    new AbortController().signal,
  );
  return parts.flatMap((part) => part.ids);
}

const SIZES = { slots: 4, maxRows: 20, contextLength: 64 };

describe.each(['llama', 'gemma3_text', 'lfm2', 'qwen3_moe'])('%s', (family) => {
  const { weights, tokens, cases } = readFixture(family);
  const source = toFile(convert(family, weights, cases[0]!.config));

  test.each(['f32', 'f16'] as const)(
    'gives in two stages, by %s, the tokens that it gives alone',
    async (hidden) => {
      const { blocks } = (await readModelFile(source)).config;
      const whole = await loadSource(source, SIZES, device);
      const staged = await loadStaged(source, [Math.ceil(blocks / 2)], hidden, SIZES);
      const prompts = [3, 30].map((length) => tokens.slice(0, length));
      const alone = [];
      for (const ids of prompts)
        alone.push((await run(whole, { ids: [...ids], maxTokens: 12, ignoreEnd: true })).ids);
      const apart = [];
      for (const ids of prompts) apart.push(await answer(staged, ids, 12));
      expect(apart).toEqual(alone);
      await whole.dispose();
      staged.dispose();
    },
  );
});

describe('a model in three stages', () => {
  const { weights, tokens, cases } = readFixture('gemma3_text');
  const source = toFile(convert('gemma3_text', weights, cases[0]!.config));

  test('goes on where it was when a stage is lost, with several answers under way', async () => {
    const whole = await loadSource(source, SIZES, device);
    const prompts = [3, 9, 30].map((length) => tokens.slice(0, length));
    const alone = [];
    for (const ids of prompts)
      alone.push((await run(whole, { ids: [...ids], maxTokens: 12, ignoreEnd: true })).ids);

    let opened = 0;
    let steps = 0;
    const staged = await loadStaged(source, [1, 3], 'f32', SIZES, (row) => {
      opened++;
      return {
        depth: row.depth,
        close: () => row.close(),
        run(step) {
          // Twice, at different places
          if ([4, 13].includes(++steps)) {
            row.close();
            return Promise.reject(new HearthError('device-lost', 'A machine has left.'));
          }
          return row.run(step);
        },
      };
    });
    const apart = await Promise.all(prompts.map((ids, i) => answer(staged, ids, 12, `https://${i}.example`)));
    expect(apart).toEqual(alone);
    expect(opened).toBe(3);
    staged.dispose();
    await whole.dispose();
  });

  test('each holds its own layers alone', async () => {
    const file = await readModelFile(source);
    const { blocks, dim } = file.config;
    const sizes = sizesOf(planChain(file.config, SIZES));
    const bytesOf = (first: number, end: number) => {
      const span = { first, end, embeds: first === 0, samples: end === blocks };
      return planStageOn(gpu, file, { model: '', span, sizes, hidden: 'f32', dim }).plan.weightsBytes;
    };
    const all = bytesOf(0, blocks);
    const [first, middle, last] = [bytesOf(0, 1), bytesOf(1, 3), bytesOf(3, blocks)];
    // The head is the embedding: both ends have it
    const { embedding } = layOutWeights(file.tensors, 2 ** 30);
    const table = embedding!.parts.reduce((sum, { matrix }) => sum + matrixBytes(matrix), 0);
    expect(first + middle + last).toBe(all + table);
  });

  test('takes rows in any order of sequences, and more outputs than it has slots', async () => {
    const sizes = sizesOf(planChain((await readModelFile(source)).config, { ...SIZES, slots: 2 }));
    const row = await openRow(source, [2], 'f32', sizes);
    const page = (slot: number, index: number) =>
      sizes.pageCounts.map((_, group) => ({ group, slot, index, page: 2 * slot + index }));
    const sampler = (slot: number) => ({ slot, sampling: GREEDY, promptLength: 1, tokens: [] });
    const at = (slot: number, position: number): StageRow => ({
      token: tokens[position]!,
      position,
      slot,
      isOutput: true,
    });
    const step = (rows: StageRow[], pages: PageChange[] = [], samplers: SamplerChange[] = []) =>
      row.run({ lane: 'interactive', pages, samplers, rows });
    const first = [0, 1, 2, 3, 4];
    const alone = await step(
      first.map((position) => at(0, position)),
      page(0, 0),
      [sampler(0)],
    );
    const mixed = await step(
      first.flatMap((position) => [at(1, position), ...(position === 2 ? [at(0, 5)] : [])]),
      page(1, 0),
      [sampler(1)],
    );
    expect([...mixed.ids].toSpliced(3, 1)).toEqual([...alone.ids]);
    await expect(step([{ ...at(0, 6), token: 1e6 }])).rejects.toMatchObject({ code: 'bad-input' });
    row.close();
  });

  test('refuses what the model has no stage for', async () => {
    const file = await readModelFile(source);
    const { blocks, dim } = file.config;
    const span = { first: 0, end: blocks, embeds: true, samples: true };
    const sizes = sizesOf(planChain(file.config, SIZES));
    const order: StageOrder = { model: '', span, sizes, hidden: 'f32', dim };
    for (const wrong of [
      { span: { ...span, end: blocks + 1 } },
      { span: { ...span, samples: false } },
      { dim: dim + 1 },
      { sizes: { ...sizes, pageCounts: [...sizes.pageCounts, 4] } },
      { sizes: { ...sizes, contextLength: file.config.contextLength + 1 } },
    ])
      expect(() => planStageOn(gpu, file, { ...order, ...wrong })).toThrow('The model has no such stage.');
  });
});
