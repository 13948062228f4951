import { type AnyLeaf, replaceLeaves } from '../../../models/architectures/index.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import type { HiddenType, ModelMap, Piece } from '../../protocol/stage.ts';
import { cacheBytes } from '../cache-plan.ts';
import type { ModelFile } from '../model-file.ts';
import { planChain, stageWorkBytes, stagedCache } from './stage-sizes.ts';

const PIECE_BYTES = 4 * 2 ** 20;

/** What is where in a model's file, in pieces whose hashes nobody has told. `sha256` is the whole file's, in hex. */
export function mapModel({ config, tensors, gguf }: ModelFile, sha256: string): ModelMap {
  const { blocks, ropeFactors, embedding, positions, tokenTypes, embeddingNorm, outputNorm, head } = tensors;
  const headerBytes = Math.min(...[...gguf.tensors.values()].map(({ offset }) => offset));
  const plan = planChain(config);
  const cache = cacheBytes(stagedCache(config, plan), plan.groups);
  return {
    model: sha256,
    name: config.name,
    dim: config.dim,
    vocab: config.vocab,
    hidden: hiddenType(config),
    common: [...cut(0, headerBytes), ...piecesOf({ ropeFactors })],
    embedding: piecesOf({ embedding, positions, tokenTypes, embeddingNorm }),
    layers: blocks.map(piecesOf),
    head: piecesOf({ outputNorm, head: head ?? embedding }),
    cacheBytesPerPosition: cache / config.blocks / plan.pageSize / plan.pageCount,
    scratchBytes: stageWorkBytes(config, plan, plan.groups.length),
  };
}

/** f16 but for families that scale what goes in, or norm what is added: what runs through their layers grows past f16. */
function hiddenType({ embeddingScale }: ModelFile['config']): HiddenType {
  return embeddingScale === 1 ? 'f16' : 'f32';
}

function piecesOf(tree: object): Piece[] {
  const pieces: Piece[] = [];
  replaceLeaves(tree, ({ tensors }: AnyLeaf<TensorInfo>) => {
    for (const { offset, sizeBytes } of tensors) pieces.push(...cut(offset, sizeBytes));
  });
  return pieces;
}

function cut(offset: number, bytes: number): Piece[] {
  return Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, i) => ({
    offset: offset + i * PIECE_BYTES,
    bytes: Math.min(PIECE_BYTES, bytes - i * PIECE_BYTES),
    sha256: undefined,
  }));
}
