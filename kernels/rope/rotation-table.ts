/** How a model stretches its positions beyond the context it was first trained on. */
export type RopeScaling =
  /** Positions divided by `factor` (Chen et al. 2023, "Extending context window … via positional interpolation"). */
  | { kind: 'linear'; factor: number }
  /**
   * The base grows so that the slowest pair turns `factor` times slower and the fastest as before ("NTK-aware", bloc97
   * 2023).
   */
  | { kind: 'ntk'; factor: number }
  /**
   * Llama 3.1: slow pairs are interpolated, fast ones are not, and those between are blended. Both bounds are
   * turns per original context.
   */
  | {
      kind: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalContext: number;
    }
  /**
   * YaRN (Peng et al. 2023, arXiv:2309.00071): as above, with a ramp over the pairs as in the authors' code, and
   * attention sharpened by `attentionFactor` (by default the paper's 0.1 ln(factor) + 1).
   */
  | {
      kind: 'yarn';
      factor: number;
      originalContext: number;
      betaFast?: number;
      betaSlow?: number;
      /** Whether the ramp begins and ends between pairs, as gpt-oss has it; else at whole ones. */
      isExact?: boolean;
      attentionFactor?: number;
    };

export interface Rotation {
  positions: number;
  rotaryDim: number;
  /** What the wavelengths grow from; 10,000 in the first models. */
  base: number;
  scaling?: RopeScaling | undefined;
  /** Divisors of each pair's frequency (GGUF's tensors `rope_freqs.weight`, `rope_factors_…`), rotaryDim / 2 of them. */
  factors?: ArrayLike<number> | undefined;
  /** What q and k are multiplied by besides, where factors sharpen attention (LongRoPE, Ding et al. 2024); 1 if absent. */
  attentionFactor?: number;
}

/** (positions, rotaryDim / 2) of (cos, sin), computed in f64. */
export function rotationTable(rotation: Rotation): Float32Array<ArrayBuffer> {
  const { positions, rotaryDim, scaling, attentionFactor = 1 } = rotation;
  const pairs = rotaryDim / 2;
  const frequencies = pairFrequencies(rotation);
  const yarn = scaling?.kind === 'yarn' ? (scaling.attentionFactor ?? yarnAttention(scaling.factor)) : 1;
  const size = yarn * attentionFactor;
  const table = new Float32Array(positions * pairs * 2);
  for (let position = 0; position < positions; position++) {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * frequencies[pair]!;
      const at = (position * pairs + pair) * 2;
      table[at] = Math.cos(angle) * size;
      table[at + 1] = Math.sin(angle) * size;
    }
  }
  return table;
}

/** Radians per position of each pair. */
export function pairFrequencies({ rotaryDim, base, scaling, factors }: Rotation): Float64Array {
  return Float64Array.from({ length: rotaryDim / 2 }, (_, pair) => {
    const frequency = base ** ((-2 * pair) / rotaryDim) / (factors?.[pair] ?? 1);
    switch (scaling?.kind) {
      case undefined:
        return frequency;
      case 'linear':
        return frequency / scaling.factor;
      case 'ntk':
        return frequency * scaling.factor ** ((-2 * pair) / Math.max(1, rotaryDim - 2));
      case 'llama3': {
        const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
        const turns = (originalContext * frequency) / (2 * Math.PI);
        return blend(frequency / factor, frequency, (turns - low) / (high - low));
      }
      case 'yarn': {
        const { factor, originalContext, betaFast = 32, betaSlow = 1, isExact = false } = scaling;
        const pairOf = (turns: number) =>
          (rotaryDim * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(base));
        const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
        const fast = Math.max(0, isExact ? first : Math.floor(first));
        const slow = Math.min(rotaryDim - 1, isExact ? last : Math.ceil(last));
        return blend(frequency, frequency / factor, (pair - fast) / Math.max(0.001, slow - fast));
      }
    }
  });
}

function yarnAttention(factor: number): number {
  return factor > 1 ? 0.1 * Math.log(factor) + 1 : 1;
}

/** From `a` at 0 or less to `b` at 1 or more. */
function blend(a: number, b: number, at: number): number {
  const share = Math.min(1, Math.max(0, at));
  return a * (1 - share) + b * share;
}
