export interface EmbedInput {
  /** A model id; the user's default model if absent. */
  model: string | undefined;
  /** Texts, or the model's own token ids, to which nothing is added. */
  inputs: string[] | number[][];
  /** Only the first so many values of each vector, of models that were made for it; all if absent. */
  dimensions: number | undefined;
  /** Whether vectors are scaled to a length of 1. */
  normalise: boolean;
}

export interface EmbedProgress {
  doneTexts: number;
  texts: number;
}

export interface EmbedOutput {
  model: string;
  /** One of each input, in order. */
  vectors: Float32Array[];
  usage: { promptTokens: number };
}
