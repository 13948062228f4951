import type { ModelSummary } from '../../protocol/models.ts';

export interface OpenAIModels {
  object: 'list';
  data: { id: string; [field: string]: unknown }[];
}

/** OpenAI's list of models, with what a page wants to know of each. */
export function openAIModels(models: ModelSummary[]): OpenAIModels {
  return {
    object: 'list',
    data: models.map(({ id, name, contextLength, backend, chat, dimensions }) => ({
      id,
      object: 'model',
      // Nobody knows when a local file came to be
      created: 0,
      owned_by: 'hearth',
      name,
      context_length: contextLength,
      backend,
      chat,
      embeddings: dimensions !== undefined,
      dimensions: dimensions ?? null,
    })),
  };
}
