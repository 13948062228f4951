import { type AnyLeaf, replaceLeaves } from '../../../models/architectures/index.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import type { HiddenType, ModelMap, ModelOrigin, Piece } from '../../protocol/stage.ts';
import { cacheBytes } from '../cache/cache-plan.ts';
import type { ModelFile } from '../model-file.ts';
import { planChain, stageWorkBytes, stagedCache } from './stage-sizes.ts';

const PIECE_BYTES = 4 * 2 ** 20;

export interface MapFacts {
  /** What rooms call it. */
  model: string;
  origin: ModelOrigin;
  /** Of each of its files, one behind the other. */
  partBytes: readonly number[];
  /** SHA-256 of the file's bytes there, in hex. */
  hashOf(offset: number, bytes: number): string;
}

/** What is where in a model's file. */
export function mapModel({ config, tensors, gguf }: ModelFile, facts: MapFacts): ModelMap {
  const { model, origin, partBytes, hashOf } = facts;
  const { blocks, ropeFactors, embedding, positions, tokenTypes, embeddingNorm, outputNorm, head } = tensors;
  const plan = planChain(config);
  const cache = cacheBytes(stagedCache(config, plan), plan.groups);
  const offsets = [...gguf.tensors.values()].map(({ offset }) => offset);
  const cut = (offset: number, bytes: number) => pieces(offset, bytes, hashOf);
  const of = (tree: object) => ranges(tree).flatMap(({ offset, bytes }) => cut(offset, bytes));
  return {
    model,
    origin,
    name: config.name,
    dim: config.dim,
    vocab: config.vocab,
    hidden: hiddenType(config),
    header: headers(offsets, partBytes).flatMap(({ offset, bytes }) => cut(offset, bytes)),
    common: of({ ropeFactors }),
    embedding: of({ embedding, positions, tokenTypes, embeddingNorm }),
    layers: blocks.map(of),
    head: of({ outputNorm, head: head ?? embedding }),
    cacheBytesPerPosition: cache / config.blocks / plan.pageSize / plan.pageCount,
    scratchBytes: stageWorkBytes(config, plan, plan.groups.length),
  };
}

/** f16 but for families that scale what goes in, or norm what is added: what runs through their layers grows past f16. */
function hiddenType({ embeddingScale }: ModelFile['config']): HiddenType {
  return embeddingScale === 1 ? 'f16' : 'f32';
}

interface Range {
  offset: number;
  bytes: number;
}

/** Each file of a model has one, up to its first tensor. */
function headers(tensors: readonly number[], partBytes: readonly number[]): Range[] {
  let start = 0;
  return partBytes.map((size) => {
    const offset = start;
    start += size;
    const first = tensors.filter((at) => at >= offset && at < start);
    return { offset, bytes: Math.min(start, ...first) - offset };
  });
}

function ranges(tree: object): Range[] {
  const found: Range[] = [];
  replaceLeaves(tree, ({ tensors }: AnyLeaf<TensorInfo>) => {
    for (const { offset, sizeBytes } of tensors) found.push({ offset, bytes: sizeBytes });
  });
  return found;
}

function pieces(offset: number, bytes: number, hashOf: MapFacts['hashOf']): Piece[] {
  return Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, i) => {
    const [at, size] = [offset + i * PIECE_BYTES, Math.min(PIECE_BYTES, bytes - i * PIECE_BYTES)];
    return { offset: at, bytes: size, sha256: hashOf(at, size) };
  });
}
