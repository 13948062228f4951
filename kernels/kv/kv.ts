import f16 from './kv-f16.wgsl?raw';
import f32 from './kv-f32.wgsl?raw';
import pages from './kv-pages.wgsl?raw';

/** How the KV cache keeps its values. */
export type KvType = 'f32' | 'f16';

/** What a layer's K (and V) buffer looks like to every kernel that touches it. */
export interface KvShape {
  kvHeads: number;
  /** A multiple of 4, from 16 to 256. */
  headDim: number;
  /** Positions in a page. */
  page: number;
  /** Entries of a sequence in the page table. */
  maxPages: number;
}

/** `KvQuad`, `toKv`, `fromKv` and `kvIndex`, to be joined in front of a kernel that binds `pages`. */
export const kvWgsl: Record<KvType, string> = { f32: f32 + pages, f16: f16 + pages };

export function kvConstants({ kvHeads, headDim, page, maxPages }: KvShape): Record<string, number> {
  return { KV_HEADS: kvHeads, HEAD_DIM: headDim, PAGE: page, MAX_PAGES: maxPages };
}

/** Bytes of one page in a layer's K buffer; its V buffer takes as many. */
export function kvPageBytes(type: KvType, { kvHeads, headDim, page }: Omit<KvShape, 'maxPages'>): number {
  return kvHeads * page * headDim * (type === 'f32' ? 4 : 2);
}
