import type { TensorInfo } from '../gguf/read-gguf.ts';
import type { FamilyMetadata } from './family-metadata.ts';
import type { ExpertTraits } from './expert-config.ts';
import type { Activation, ModelConfig, RopePairs } from './model-config.ts';
import type { BlockRoles, Leaf, Leaves } from './roles.ts';

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
  /** The window where the file says none; 0 if absent. */
  readonly windowLength?: number;
  /** Windows are chunks: they begin at multiples of their length. */
  readonly windowsAreAligned?: true;
  /** Where a file says that there are no windows, no block leaves q and k as they are either. */
  readonly ropelessIsGlobal?: true;
  /**
   * q grows with its position: by the file's `attention.temperature_scale` and `_length`, or these numbers, in blocks
   * that leave q and k as they are or in all. A length that nobody says is the context of the first training.
   */
  readonly temperature?: {
    readonly scale: number;
    readonly length?: number;
    readonly offset: number;
    readonly isOfRopeless?: true;
  };
  /**
   * Each head of q and k is divided by the root of its mean square in blocks that turn them: before they are turned,
   * which is the same, as a turn changes no length.
   */
  readonly normsTurnedHeads?: (sizes: Sizes, family: FamilyMetadata) => boolean;
  /** Scores and logits s become cap · tanh(s / cap): caps where the file says none; without this there are none. */
  readonly caps?: { readonly scores: number; readonly logits: number };
  /** Blocks without KV heads have a short convolution over the file's `shortconv.l_cache` positions. */
  readonly hasShortConvolutions?: true;
  /** YaRN's ramp begins and ends at whole pairs if absent. */
  readonly yarnRamp?: 'whole pairs' | 'exact';
  /** RoPE's base in blocks with a window, where it is not that of the others. They are not scaled then either. */
  readonly windowRopeBase?: number;
  /** What of its experts files do not say. A family without this has none. */
  readonly experts?: ExpertTraits;
  /** Norms are layer norms, with the file's `attention.layer_norm_epsilon`; if absent, RMS norms. */
  readonly hasLayerNorms?: true;
  /**
   * Metadata (without the prefix) that changes what is computed, with the only value that is understood. A file
   * without the key has that value.
   */
  readonly requires: Readonly<Record<string, number | boolean>>;
  readonly tensors: Omit<Leaves<TensorSpec>, 'blocks'>;
  /** `{block}` in a name stands for the block's number. */
  readonly block: (config: ModelConfig, block: number) => BlockRoles<LinearSpec, StackSpec, VectorSpec>;
}

export type Sizes = Pick<ModelConfig, 'blocks' | 'dim' | 'heads' | 'headDim'>;

export interface TensorSpec {
  readonly name: string;
  /** The innermost length first, as in the file: a matrix is [inputs, outputs]. */
  readonly shape: (config: ModelConfig) => readonly number[];
  readonly isOptional?: true;
}

export type LinearSpec = Leaf<'linear', TensorSpec>;
export type StackSpec = Leaf<'stack', TensorSpec>;
export type VectorSpec = Leaf<'vector', TensorSpec>;

/** What of a file has which role. */
export type ModelTensors = Leaves<TensorInfo>;
