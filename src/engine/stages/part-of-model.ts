import type { ModelConfig, ModelTensors } from '../../../models/architectures/index.ts';
import type { StageSpan } from '../../protocol/stage.ts';
import type { ModelFile } from '../model-file.ts';

export interface ModelPart {
  /** Of the part's blocks, counted from 0. A part that does not sample has no vocabulary. */
  config: ModelConfig;
  tensors: ModelTensors;
}

/** The blocks of a span as a model of their own, with what comes before and after them where the span has it. */
export function partOfModel(
  { config, tensors }: Pick<ModelFile, 'config' | 'tensors'>,
  { first, end, embeds, samples }: StageSpan,
): ModelPart {
  const { blocks, ropeFactors, embedding, positions, tokenTypes, embeddingNorm, outputNorm, head } = tensors;
  return {
    config: {
      ...config,
      blocks: end - first,
      attention: config.attention.slice(first, end),
      vocab: samples ? config.vocab : 0,
    },
    tensors: {
      ...(embeds ? { embedding, positions, tokenTypes, embeddingNorm } : {}),
      blocks: blocks.slice(first, end),
      // Where the head is the embedding and both ends are here, one of them is enough
      ...(samples ? { outputNorm, head: head ?? (embeds ? undefined : embedding) } : {}),
      ropeFactors,
    },
  };
}
