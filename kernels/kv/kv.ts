import bindBoth from './bind-both.wgsl?raw';
import bindRead from './bind-read.wgsl?raw';
import bindWrite from './bind-write.wgsl?raw';
import f16 from './kv-f16.wgsl?raw';
import f16Eights from './kv-f16-eights.wgsl?raw';
import f32 from './kv-f32.wgsl?raw';
import pages from './kv-pages.wgsl?raw';
import q8 from './kv-q8-0.wgsl?raw';
import readEightsF16 from './read-eights-f16.wgsl?raw';
import readEightsF32 from './read-eights-f32.wgsl?raw';
import readEightsQ8 from './read-eights-q8-0.wgsl?raw';
import readFloats from './read-floats.wgsl?raw';
import readQ8 from './read-q8-0.wgsl?raw';
import writeEightsF16 from './write-eights-f16.wgsl?raw';
import writeFloats from './write-floats.wgsl?raw';
import writeQ8 from './write-q8-0.wgsl?raw';

/** How the KV cache keeps its values, the most exact first. */
export const KV_TYPES = ['f32', 'f16', 'q8_0'] as const;
export type KvType = (typeof KV_TYPES)[number];

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

interface KvWgsl {
  /** `keyQuad` and `valueQuad`; binds K and V at 1 and 2. */
  read: string;
  /** `storeKey` and `storeValue`, which take UNIT quads at once; binds K and V at 5 and 6. */
  write: string;
  /** All four; binds K and V at 1 and 2. */
  both: string;
}

/** Each with `kvIndex`, to be joined in front of a kernel that binds `pages`. */
export const kvWgsl: Record<KvType, KvWgsl> = {
  f32: join(f32 + pages, readFloats, writeFloats),
  f16: join(f16 + pages, readFloats, writeFloats),
  q8_0: join(q8 + pages, readQ8, writeQ8),
};

/** The same for heads of whole eights: `keyEight` and `valueEight` ask for one, `lowOf` and `highOf` are its values. */
export const kvEightsWgsl: Record<KvType, KvWgsl> = {
  f32: join(f32 + pages, readEightsF32, writeFloats),
  f16: join(f16Eights + pages, readEightsF16, writeEightsF16),
  q8_0: join(q8 + pages, readEightsQ8, writeQ8),
};

function join(layout: string, read: string, write: string): KvWgsl {
  return {
    read: layout + bindRead + read,
    write: layout + bindWrite + write,
    both: layout + bindBoth + read + write,
  };
}

/** Quads that one thread stores. */
export function kvUnit(type: KvType): number {
  return type === 'q8_0' ? 8 : 1;
}

export function kvConstants({ kvHeads, headDim, page, maxPages }: KvShape): Record<string, number> {
  return { KV_HEADS: kvHeads, HEAD_DIM: headDim, PAGE: page, MAX_PAGES: maxPages };
}

/** Bytes of one head at one position, in K; in V as many. */
export function kvEntryBytes(type: KvType, headDim: number): number {
  if (type === 'q8_0') return headDim + 4 * Math.ceil(headDim / 32);
  return headDim * (type === 'f32' ? 4 : 2);
}

/** Bytes of one page in a layer's K buffer; its V buffer takes as many. */
export function kvPageBytes(type: KvType, { kvHeads, headDim, page }: Omit<KvShape, 'maxPages'>): number {
  return kvHeads * page * kvEntryBytes(type, headDim);
}
