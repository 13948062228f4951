import type { CatalogFile } from './catalog-file.ts';

/** What the engine gives a model if nobody asks for another context. */
export const DEFAULT_CONTEXT = 8192;
const BYTES_PER_F16 = 2;

export interface CatalogModel extends Omit<CatalogFile, 'shape'> {
  /** Weights, and an f16 KV cache of `DEFAULT_CONTEXT` tokens. */
  memoryBytes: number;
}

/** Every model of this folder, the smallest first. One more is one more JSON file. */
export const catalog: CatalogModel[] = Object.values(
  import.meta.glob<CatalogFile>('./*.json', { eager: true, import: 'default' }),
)
  .map(toModel)
  .sort((a, b) => a.sizeBytes - b.sizeBytes);

function toModel({ shape, ...file }: CatalogFile): CatalogModel {
  const keysAndValues = 2 * shape.blocks * shape.kvHeads * shape.headDim * BYTES_PER_F16;
  const tokens = Math.min(file.contextLength, DEFAULT_CONTEXT);
  return { ...file, memoryBytes: file.sizeBytes + tokens * keysAndValues };
}
