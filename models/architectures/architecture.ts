import type { TensorInfo } from '../gguf/read-gguf.ts';
import type { ModelConfig, RopePairs } from './model-config.ts';

/** A family of models as data: what its files call things, and what of the forward pass differs between families. */
export interface Architecture {
  /** `general.architecture`, and the prefix of the family's metadata keys. */
  readonly name: string;
  readonly ropePairs: RopePairs;
  /**
   * Metadata (without the prefix) that changes what is computed, with the only value that is understood. A file
   * without the key has that value.
   */
  readonly requires: Readonly<Record<string, number | boolean>>;
  readonly tensors: { readonly [Role in Exclude<keyof ModelTensors, 'blocks'>]: TensorSpec };
  /** `{block}` in a name stands for the block's number. */
  readonly blockTensors: { readonly [Role in keyof BlockTensors]: TensorSpec };
}

export interface TensorSpec {
  readonly name: string;
  /** The innermost length first, as in the file: a matrix is [inputs, outputs]. */
  readonly shape: (config: ModelConfig) => readonly number[];
  readonly isOptional?: true;
}

/** A model's tensors by what they are for. */
export interface ModelTensors {
  embedding: TensorInfo;
  outputNorm: TensorInfo;
  /** Absent where the embedding is the head too. */
  output: TensorInfo | undefined;
  /** Divisors of RoPE's frequencies, one for each pair (Llama 3's scaling comes as these). */
  ropeFactors: TensorInfo | undefined;
  blocks: BlockTensors[];
}

export interface BlockTensors {
  attentionNorm: TensorInfo;
  q: TensorInfo;
  k: TensorInfo;
  v: TensorInfo;
  attentionOutput: TensorInfo;
  ffnNorm: TensorInfo;
  gate: TensorInfo;
  up: TensorInfo;
  down: TensorInfo;
}
