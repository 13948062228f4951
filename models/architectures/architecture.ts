import type { TensorInfo } from '../gguf/read-gguf.ts';
import type { Activation, ModelConfig, RopePairs } from './model-config.ts';

/** A family of models as data: what its files call things, and what of the forward pass differs between families. */
export interface Architecture {
  /** `general.architecture`, and the prefix of the family's metadata keys. */
  readonly name: string;
  readonly activation: Activation;
  /** What the embedding is multiplied by; 1 if absent. */
  readonly embeddingScale?: (sizes: Sizes) => number;
  /** What the products of q and k are multiplied by; 1 / sqrt(headDim) if absent. */
  readonly attentionScale?: (sizes: Sizes) => number;
  readonly ropePairs: RopePairs;
  /** Every so manieth block leaves q and k as they are. */
  readonly ropelessEvery?: number;
  /**
   * Every so manieth block sees all positions; the others see the last `attention.sliding_window` of them, where the
   * file has that. Infinity: no block sees all. A family without this has no windows.
   */
  readonly globalEvery?: number;
  /** RoPE's base in blocks with a window, where it is not that of the others. They are not scaled then either. */
  readonly windowRopeBase?: number;
  /**
   * Metadata (without the prefix) that changes what is computed, with the only value that is understood. A file
   * without the key has that value.
   */
  readonly requires: Readonly<Record<string, number | boolean>>;
  readonly tensors: Readonly<OuterTensors<TensorSpec>>;
  /** `{block}` in a name stands for the block's number. */
  readonly blockTensors: Readonly<BlockTensors<TensorSpec>>;
}

export type Sizes = Pick<ModelConfig, 'blocks' | 'dim' | 'heads' | 'headDim'>;

export interface TensorSpec {
  readonly name: string;
  /** The innermost length first, as in the file: a matrix is [inputs, outputs]. */
  readonly shape: (config: ModelConfig) => readonly number[];
  readonly isOptional?: true;
}

/** A model's tensors by what they are for. */
export interface ModelTensors extends OuterTensors {
  blocks: BlockTensors[];
}

/** Those outside of blocks. */
export interface OuterTensors<Tensor = TensorInfo> {
  embedding: Tensor;
  outputNorm: Tensor;
  /** Absent where the embedding is the head too. */
  output?: Tensor | undefined;
  /** Divisors of RoPE's frequencies, one for each pair (Llama 3's scaling comes as these). */
  ropeFactors?: Tensor | undefined;
  /** LongRoPE's divisors: for a context beyond the original one, and for one within it. */
  longRopeFactors?: Tensor | undefined;
  shortRopeFactors?: Tensor | undefined;
}

/** Roles that are lists are of tensors whose outputs lie side by side. */
export interface BlockTensors<Tensor = TensorInfo> {
  attentionNorm: Tensor;
  /** q, k and v, or one tensor that has all three. */
  qkv: readonly Tensor[];
  qkvBias: readonly Tensor[];
  /** Of each head, before RoPE. */
  qNorm?: Tensor | undefined;
  kNorm?: Tensor | undefined;
  attentionOutput: Tensor;
  /** Of what attention gives, before it is added. */
  attentionPostNorm?: Tensor | undefined;
  ffnNorm: Tensor;
  /** gate and up, or one tensor that has both. */
  gateUp: readonly Tensor[];
  down: Tensor;
  ffnPostNorm?: Tensor | undefined;
}
