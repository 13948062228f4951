import { KV_TYPES, type KvType, kvPageBytes } from '../../kernels/kv/kv.ts';
import type { ModelConfig } from '../../models/architectures/index.ts';
import { type PageGroup, pagesOfWindow } from './pages.ts';

export const PAGE_SIZE = 16;
/** The cache has room for this many full contexts, if memory allows. */
const POOLED_CONTEXTS = 4;
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

/** As large a cache as the bytes allow; undefined if they do not hold one context. */
export function planCache(sizes: CacheSizes, freeBytes: number): CacheGroup[] | undefined {
  const wholeBytes = contextBytes(sizes);
  if (freeBytes < wholeBytes) return undefined;
  const contexts = Math.min(POOLED_CONTEXTS, sizes.slots);
  return groupBlocks(sizes).map(({ pageCount, ...group }) => ({
    ...group,
    pageCount: Math.min(pageCount * contexts, Math.floor((freeBytes * pageCount) / wholeBytes)),
  }));
}

/** What one context takes. */
export function contextBytes(sizes: CacheSizes): number {
  return cacheBytes(sizes, groupBlocks(sizes));
}

export function cacheBytes({ config, kv }: CacheSizes, groups: readonly CacheGroup[]): number {
  return groups.reduce(
    (sum, { blocks, pageCount }) =>
      sum + pageCount * blocks.reduce((bytes, block) => bytes + blockPageBytes(config, block, kv), 0),
    0,
  );
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

/** Each with the pages of one context. A window that saves nothing counts as none. */
function groupBlocks({ config, contextLength, maxRows }: CacheSizes): CacheGroup[] {
  const allPages = Math.ceil(contextLength / PAGE_SIZE);
  const groups = new Map<number, CacheGroup & { blocks: number[] }>();
  for (const [block, attention] of config.attention.entries()) {
    const window = attention?.window ?? config.convolved;
    const pages = window === 0 ? allPages : pagesOfWindow(window, maxRows, PAGE_SIZE);
    const [key, pageCount] = pages < allPages ? [window, pages] : [0, allPages];
    const group = groups.get(key) ?? { window: key, pageCount, blocks: [] };
    group.blocks.push(block);
    groups.set(key, group);
  }
  return [...groups.values()];
}
