import { KV_TYPES, type KvType, kvPageBytes } from '../../../kernels/kv/kv.ts';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import { type PageGroup, pagesOfStep, pagesOfWindow } from './pages.ts';

export const PAGE_SIZE = 16;
/** The cache has room for this many full contexts, if memory allows. */
const POOLED_CONTEXTS = 4;
/** Where a window bounds what a text holds, there is room for the windows of so many texts in place of a context. */
const TEXTS_PER_CONTEXT = 2;
/** Below this the cache is kept in f32, which is exact and costs nobody much; above in f16. */
const F32_CACHE_BYTES = 64 * 2 ** 20;

/** What a cache is planned for. */
export interface CacheSizes {
  config: ModelConfig;
  contextLength: number;
  slots: number;
  maxRows: number;
  kv: KvType;
}

/** Blocks whose cache is kept alike. */
export interface CacheGroup extends PageGroup {
  blocks: readonly number[];
}

/** Blocks, and what of their pages is for each context and for each step. */
interface GroupNeeds extends Omit<CacheGroup, 'pageCount'> {
  perContext: number;
  perStep: number;
}

/** As large a cache as the bytes allow; undefined if they do not hold one context. */
export function planCache(sizes: CacheSizes, freeBytes: number): CacheGroup[] | undefined {
  const needs = groupBlocks(sizes);
  const stepBytes = cacheBytes(sizes, withPages(needs, 0));
  const eachBytes = cacheBytes(sizes, withPages(needs, 1)) - stepBytes;
  const contexts = Math.min(POOLED_CONTEXTS, sizes.slots, (freeBytes - stepBytes) / eachBytes);
  return contexts < 1 ? undefined : withPages(needs, contexts);
}

/** What one context takes. */
export function contextBytes(sizes: CacheSizes): number {
  return cacheBytes(sizes, withPages(groupBlocks(sizes), 1));
}

export function cacheBytes({ config, kv }: CacheSizes, groups: readonly CacheGroup[]): number {
  return groups.reduce(
    (sum, { blocks, pageCount }) =>
      sum + pageCount * blocks.reduce((bytes, block) => bytes + blockPageBytes(config, block, kv), 0),
    0,
  );
}

/** Groups with pages for so many contexts. */
export function withPages(needs: readonly GroupNeeds[], contexts: number): CacheGroup[] {
  return needs.map(({ perContext, perStep, ...group }) => ({
    ...group,
    // A quotient of bytes may fall short of a whole number by a rounding
    pageCount: perStep + Math.floor(contexts * perContext + 1e-6),
  }));
}

/** How the cache is kept if nobody says so: exact where that costs little. Where memory is tight, the next ones are tried. */
export function kvTypes(sizes: Omit<CacheSizes, 'kv'>): readonly KvType[] {
  return contextBytes({ ...sizes, kv: 'f32' }) <= F32_CACHE_BYTES ? KV_TYPES : KV_TYPES.slice(1);
}

/** Of a block's K (and V), or of the inputs that its short convolution keeps, which are f32 and few. */
export function blockPageBytes(config: ModelConfig, block: number, kv: KvType): number {
  return config.attention[block]
    ? 2 * kvPageBytes(kv, { ...config, page: PAGE_SIZE })
    : PAGE_SIZE * config.dim * 4;
}

/** Of a page, all blocks together. */
export function pageBytes(config: ModelConfig, kv: KvType): number {
  return config.attention.reduce((sum, _, block) => sum + blockPageBytes(config, block, kv), 0);
}

/** Blocks whose cache is kept alike. A window that saves nothing counts as none. */
export function groupBlocks({ config, contextLength, maxRows }: Omit<CacheSizes, 'kv'>): GroupNeeds[] {
  const allPages = Math.ceil(contextLength / PAGE_SIZE);
  const groups = new Map<number, GroupNeeds & { blocks: number[] }>();
  for (const [block, attention] of config.attention.entries()) {
    const window = attention?.window ?? config.convolved;
    const perContext = TEXTS_PER_CONTEXT * pagesOfWindow(window, PAGE_SIZE);
    const perStep = pagesOfStep(maxRows, PAGE_SIZE);
    const saves = window > 0 && perContext + perStep < allPages;
    const key = saves ? window : 0;
    const needs = saves ? { perContext, perStep } : { perContext: allPages, perStep: 0 };
    const group = groups.get(key) ?? { window: key, ...needs, blocks: [] };
    group.blocks.push(block);
    groups.set(key, group);
  }
  return [...groups.values()];
}
