import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';

/** How positions beyond those of the first training are brought back into its range. */
export type RopeScaling =
  | { kind: 'none' }
  /** Positions are divided by `factor`. */
  | { kind: 'linear'; factor: number }
  | {
      kind: 'yarn';
      factor: number;
      originalContext: number;
      /** Multiplies YaRN's own attention factor, 1 + ln(factor) / 10. */
      attentionFactor: number;
      betaFast: number;
      betaSlow: number;
    };

const MAX_FACTOR = 4096;

/** Reads `<prefix>.rope.scaling.*`; a file that gives a factor and no type means linear scaling. */
export function readRopeScaling(metadata: Metadata, prefix: string): RopeScaling {
  const key = (name: string) => `${prefix}.rope.scaling.${name}`;
  const type = metadata.string(key('type'), 'linear');
  const factor = metadata.number(key('factor'), metadata.number(`${prefix}.rope.scale_linear`, 1));
  if (type === 'none') return { kind: 'none' };
  if (type !== 'linear' && type !== 'yarn')
    throw unsupportedModel(
      `The model scales RoPE by ${quoted(type)}, and Hearth knows none, linear and yarn. Get another model.`,
    );
  if (factor < 1 || factor > MAX_FACTOR)
    throw badModel(`The model's ${quoted(key('factor'))} is ${factor}, not between 1 and ${MAX_FACTOR}.`);
  if (type === 'linear') return factor === 1 ? { kind: 'none' } : { kind: 'linear', factor };

  const scaling: RopeScaling = {
    kind: 'yarn',
    factor,
    originalContext: metadata.integer(key('original_context_length')),
    attentionFactor: metadata.number(key('attn_factor'), 1),
    betaFast: metadata.number(key('yarn_beta_fast'), 32),
    betaSlow: metadata.number(key('yarn_beta_slow'), 1),
  };
  const { originalContext, attentionFactor, betaFast, betaSlow } = scaling;
  if (!(originalContext > 0 && attentionFactor > 0 && betaSlow > 0 && betaFast > betaSlow))
    throw badModel(`The model's numbers for YaRN contradict each other: ${JSON.stringify(scaling)}.`);
  return scaling;
}
