import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Architecture } from './architecture.ts';
import type { FamilyMetadata } from './family-metadata.ts';

/** How a family chooses and uses its experts. */
export interface ExpertTraits {
  /** What makes weights of the router's logits: softmax over all experts, or the sigmoid of each. */
  readonly gating: Gating;
  /** Whether the weights of a row's experts are divided by their sum, where the file does not say. */
  readonly renormalizes: boolean;
  /** What gate and up make; silu(gate) · up if absent. `clamped` is gpt-oss's, with its limits. */
  readonly activation?: ExpertActivation;
  /** Weights multiply what experts are given, and not what they give. */
  readonly weighsInput?: true;
}

export type Gating = 'softmax' | 'sigmoid';
export type ExpertActivation = 'silu' | 'gelu' | 'clamped';

/** A model's experts, their sizes checked. */
export interface Experts {
  count: number;
  /** Of each row. */
  used: number;
  /** Inner values of an expert. */
  ffn: number;
  /** Of the expert that every row has, where blocks have one. */
  sharedFfn: number;
  gating: Gating;
  renormalizes: boolean;
  activation: ExpertActivation;
  weighsInput: boolean;
  /** What every weight is multiplied by. */
  scale: number;
  /** The first blocks, which are dense. */
  denseBlocks: number;
  /** Of the others, every so manieth block has experts. */
  every: number;
}

const MAX_COUNT = 1024;
/** Of a row: with the rows of a step they are pairs, and an adapter dispatches at most 65,535 workgroups one way. */
const MAX_USED = 64;
const MAX_FFN = 2 ** 20;
const MAX_SCALE = 1000;
/** By `expert_gating_func`. 3 is softmax of the chosen alone. */
const GATINGS: readonly ((Pick<Experts, 'gating'> & { renormalizes?: true }) | undefined)[] = [
  undefined,
  { gating: 'softmax' },
  { gating: 'sigmoid' },
  { gating: 'softmax', renormalizes: true },
];

/** What the file says of experts; undefined where it has none. `ffn` is the size of dense blocks. */
export function readExperts(
  { name: prefix, experts: traits }: Architecture,
  family: FamilyMetadata,
  ffn: number,
): Experts | undefined {
  if (!traits) return undefined;
  const size = (name: string, least: number, most: number, ...fallback: [number?]) => {
    const value = family.integer(name, ...fallback);
    if (value >= least && value <= most) return value;
    throw badModel(`The model's ${quoted(family.key(name))} is ${value}, not from ${least} to ${most}.`);
  };
  const count = size('expert_count', 0, MAX_COUNT, 0);
  if (count === 0) return undefined;
  const groups = family.integer('expert_group_count', 1);
  if (groups > 1)
    throw unsupportedModel(
      `The model's ${quoted(family.key('expert_group_count'))} is ${groups}, and Hearth runs ${prefix} only with experts that are in no groups. Get another model.`,
    );
  family.integer('expert_group_used_count', 1);
  const number = family.integer('expert_gating_func', 0);
  const gating = number === 0 ? { gating: traits.gating } : GATINGS[number];
  if (!gating)
    throw unsupportedModel(
      `The model's ${quoted(family.key('expert_gating_func'))} is ${number}, and Hearth knows 1 (softmax), 2 (sigmoid) and 3 (softmax of the chosen). Get another model.`,
    );
  const norm = family.value('expert_weights_norm') ?? traits.renormalizes;
  if (typeof norm !== 'boolean')
    throw badModel(`The model's ${quoted(family.key('expert_weights_norm'))} is neither true nor false.`);
  const scale = family.number('expert_weights_scale', 1) || 1;
  if (!(scale > 0 && scale <= MAX_SCALE))
    throw badModel(`The model's experts weigh ${scale} times as much, not up to ${MAX_SCALE} times.`);
  const own = size('expert_feed_forward_length', 1, MAX_FFN, ffn);
  return {
    count,
    used: size('expert_used_count', 1, Math.min(count, MAX_USED)),
    ffn: own,
    sharedFfn: size('expert_shared_feed_forward_length', 1, MAX_FFN, own),
    renormalizes: norm,
    ...gating,
    activation: traits.activation ?? 'silu',
    weighsInput: traits.weighsInput ?? false,
    scale,
    denseBlocks: size('leading_dense_block_count', 0, MAX_COUNT, 0),
    every: size('interleave_moe_layer_step', 1, MAX_COUNT, 1),
  };
}

/** Whether a block has experts. */
export function hasExperts({ experts }: { experts?: Experts | undefined }, block: number): boolean {
  return experts !== undefined && block >= experts.denseBlocks && (block + 1) % experts.every === 0;
}
