import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture } from './architecture.ts';
import type { FamilyMetadata } from './family-metadata.ts';

/** How positions beyond those of the first training are brought back into its range. */
export type RopeScaling =
  | { kind: 'none' }
  /** Positions are divided by `factor`. */
  | { kind: 'linear'; factor: number }
  /** The base grows, so that the slowest pair turns `factor` times slower and the fastest as before ("NTK-aware"). */
  | { kind: 'ntk'; factor: number }
  /** As `ntk`, by as much as the planned context needs: factor · context / original − (factor − 1), 1 at least. */
  | { kind: 'dynamic'; factor: number; originalContext: number }
  | {
      kind: 'yarn';
      factor: number;
      originalContext: number;
      /** Multiplies YaRN's own attention factor, 1 + ln(factor) / 10. */
      attentionFactor: number;
      betaFast: number;
      betaSlow: number;
      /** By how much YaRN's own factor is taken back: all of it by 1. */
      logMultiplier: number;
      /** Whether the ramp begins and ends between pairs; else at whole ones. */
      isExact: boolean;
    }
  /** Frequencies are divided by the model's factors: those for a context beyond the original one, or within it. */
  | {
      kind: 'longrope';
      originalContext: number;
      attentionFactor: number;
    };

const MAX_FACTOR = 4096;

/**
 * Reads `rope.scaling.*`. A file that gives a factor and no type means linear scaling; one that has LongRoPE's
 * factors, which are tensors of the names `longNames`, means that.
 */
export function readRopeScaling(
  family: FamilyMetadata,
  longNames: readonly string[],
  tensors: Gguf['tensors'],
  yarnRamp: Architecture['yarnRamp'] = 'whole pairs',
): RopeScaling {
  const numbers = {
    factor: family.number('rope.scaling.factor', family.number('rope.scale_linear', 1)),
    originalContext: family.integer('rope.scaling.original_context_length', 0),
    attentionFactor:
      family.number('rope.scaling.attn_factor', 1) * family.number('rope.scaling.yarn_attn_factor', 1),
    betaFast: family.number('rope.scaling.yarn_beta_fast', 32),
    betaSlow: family.number('rope.scaling.yarn_beta_slow', 1),
    logMultiplier: family.number('rope.scaling.yarn_log_multiplier', 0),
  };
  const { factor, originalContext, attentionFactor, betaFast, betaSlow, logMultiplier } = numbers;
  const extrapolation = family.number('rope.scaling.yarn_ext_factor', 1);
  const contradiction = () =>
    badModel(`The model's numbers for scaling RoPE contradict each other: ${JSON.stringify(numbers)}.`);

  const hasLongFactors = longNames.some((name) => tensors.has(name));
  const type = family.string('rope.scaling.type', hasLongFactors ? 'longrope' : 'linear');
  if (hasLongFactors && type !== 'longrope')
    throw badModel(`The model has factors of LongRoPE, but scales RoPE by ${quoted(type)}.`);
  if (factor < 1 || factor > MAX_FACTOR)
    throw badModel(
      `The model's ${quoted(family.key('rope.scaling.factor'))} is ${factor}, not between 1 and ${MAX_FACTOR}.`,
    );
  switch (type) {
    case 'none':
      return { kind: 'none' };
    case 'linear':
      return factor === 1 ? { kind: 'none' } : { kind: 'linear', factor };
    case 'ntk':
      return { kind: 'ntk', factor };
    case 'dynamic':
      if (originalContext === 0) throw contradiction();
      return { kind: 'dynamic', factor, originalContext };
    case 'yarn':
      if (extrapolation !== 1)
        throw unsupportedModel(
          `The model's ${quoted(family.key('rope.scaling.yarn_ext_factor'))} is ${extrapolation}, and Hearth scales by YaRN only with 1. Get another model.`,
        );
      if (
        !(
          originalContext > 0 &&
          attentionFactor > 0 &&
          betaSlow > 0 &&
          betaFast > betaSlow &&
          logMultiplier >= 0
        )
      )
        throw contradiction();
      return { kind: 'yarn', ...numbers, isExact: yarnRamp === 'exact' };
    case 'longrope': {
      const missing = longNames.find((name) => !tensors.has(name));
      if (longNames.length === 0 || missing !== undefined)
        throw badModel(
          `The model scales RoPE by LongRoPE, but lacks ${missing ? `the tensor ${quoted(missing)}` : 'its factors'}.`,
        );
      if (!(originalContext > 0 && attentionFactor > 0)) throw contradiction();
      return { kind: 'longrope', originalContext, attentionFactor };
    }
    default:
      throw unsupportedModel(
        `The model scales RoPE by ${quoted(type)}, and Hearth knows none, linear, ntk, dynamic, yarn and longrope. Get another model.`,
      );
  }
}
