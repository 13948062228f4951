import type { ModelConfig } from '../../../models/architectures/index.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { StageOrder, StageSizes, StageSpan } from '../../protocol/stage.ts';
import {
  cacheBytes,
  type CacheSizes,
  groupBlocks,
  kvTypes,
  PAGE_SIZE,
  withPages,
} from '../cache/cache-plan.ts';
import { activationBytes, type Plan, tableBytes } from '../plan/plan.ts';
import { Readback } from '../gpu/readback.ts';
import { RESULT_BYTES, samplingSizes, stepPlaces } from '../plan/step-bytes.ts';
import type { ModelPart } from './part-of-model.ts';

const MOST_CONTEXT = 4_096;
/** The cache has room for so many full contexts: who needs a room has little memory, and most texts are short. */
const POOLED_CONTEXTS = 1;
/** Answers that a model in several machines makes at once. */
const SLOTS = 6;
/** Steps submitted before the first of them is read. */
export const DEPTH = 4;
/** Drafts give a sequence as many outputs as this in one step. */
export const MOST_PARTS = 8;
/** One less than fill pages: whoever runs the chain may add a row of its own to a step. */
const MAX_ROWS = 31;

/** How the cache is kept in every stage: as it would be if the whole model were here. */
export function stagedCache(
  config: ModelConfig,
  sizes: Omit<StageSizes, 'pageSize' | 'pageCounts'>,
): CacheSizes {
  const { slots, maxRows, contextLength } = sizes;
  const whole = { config, slots, maxRows, contextLength };
  return { ...whole, kv: kvTypes(whole)[0]! };
}

/** The plan that a runner schedules by when the model's stages are elsewhere: nothing of it is allocated here. */
export function planChain(config: ModelConfig, wanted: Partial<StageSizes> = {}): Plan {
  const contextLength = Math.min(config.contextLength, wanted.contextLength ?? MOST_CONTEXT);
  const { slots = SLOTS, maxRows = MAX_ROWS } = wanted;
  const cache = stagedCache(config, { slots, maxRows, contextLength });
  const groups = withPages(groupBlocks(cache), POOLED_CONTEXTS);
  return {
    contextLength,
    slots,
    maxRows,
    isWhole: false,
    pageSize: PAGE_SIZE,
    groups,
    pageCount: Math.max(...groups.map(({ pageCount }) => pageCount)),
    maxPages: Math.ceil(contextLength / PAGE_SIZE),
    kv: cache.kv,
    weightsBytes: 0,
    kvBytes: 0,
    activationsBytes: 0,
    totalBytes: 0,
  };
}

/** What stages are told of a plan. */
export function sizesOf({ slots, maxRows, contextLength, pageSize, groups }: Plan): StageSizes {
  return { slots, maxRows, contextLength, pageSize, pageCounts: groups.map(({ pageCount }) => pageCount) };
}

/** Every size of a stage. Fails with `bad-input` if the model has no such stage. */
export function planStage(
  config: ModelConfig,
  part: ModelPart,
  { span, sizes, dim }: Pick<StageOrder, 'span' | 'sizes' | 'dim'>,
  weightsBytes: number,
): Plan {
  const { slots, maxRows, contextLength, pageSize, pageCounts } = sizes;
  const cache = stagedCache(config, sizes);
  const whole = groupBlocks(cache);
  if (
    !isSpanOf(config, span) ||
    dim !== config.dim ||
    contextLength > config.contextLength ||
    pageSize !== PAGE_SIZE ||
    pageCounts.length !== whole.length
  )
    throw new HearthError(
      'bad-input',
      'The model has no such stage. Both machines may need the same version of Hearth.',
    );
  const groups = whole.map(({ window, blocks }, group) => ({
    window,
    pageCount: pageCounts[group]!,
    blocks: blocks
      .filter((block) => block >= span.first && block < span.end)
      .map((block) => block - span.first),
  }));
  const kvBytes = cacheBytes({ ...cache, config: part.config }, groups);
  const activationsBytes = stageWorkBytes(part.config, sizes, whole.length);
  return {
    contextLength,
    slots,
    maxRows,
    isWhole: false,
    pageSize,
    groups,
    pageCount: Math.max(...pageCounts),
    maxPages: Math.ceil(contextLength / PAGE_SIZE),
    kv: cache.kv,
    weightsBytes,
    kvBytes,
    activationsBytes,
    totalBytes: weightsBytes + kvBytes + activationsBytes,
  };
}

/** Everything of a stage but its weights and its cache, as if it were the last one and sent f32. */
export function stageWorkBytes(
  config: ModelConfig,
  sizes: Pick<StageSizes, 'slots' | 'maxRows' | 'contextLength'>,
  groups: number,
): number {
  const { slots, maxRows } = sizes;
  const hidden = maxRows * config.dim * 4;
  const sampling = Object.values(samplingSizes(config.vocab, slots)).reduce((sum, bytes) => sum + bytes, 0);
  const back = Math.max(
    Readback.bytes(DEPTH * MOST_PARTS, slots * RESULT_BYTES),
    Readback.bytes(DEPTH, hidden),
  );
  const told = stepPlaces(sizes, maxRows).size;
  return activationBytes(config, sizes) + tableBytes(groups, sizes) + told + hidden + sampling + back;
}

function isSpanOf({ blocks }: ModelConfig, { first, end, embeds, samples }: StageSpan): boolean {
  return first < end && end <= blocks && embeds === (first === 0) && samples === (end === blocks);
}
