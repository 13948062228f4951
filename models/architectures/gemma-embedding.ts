import type { Architecture } from './architecture.ts';
import { gemma3 } from './gemma3.ts';
import { MODEL, PROJECTIONS } from './tensor-specs.ts';

/** EmbeddingGemma: Gemma 3 that reads both ways, whose vectors go through two linear maps where the file has them. */
export const gemmaEmbedding: Architecture = {
  ...gemma3,
  name: 'gemma-embedding',
  requires: { ...gemma3.requires, 'attention.causal': false },
  tensors: { ...MODEL, ...PROJECTIONS },
};
