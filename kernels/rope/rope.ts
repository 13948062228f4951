import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import { type KvShape, type KvType, kvConstants, kvEntryBytes, kvUnit, kvWgsl } from '../kv/kv.ts';
import noWeights from '../head-norm/no-weights.wgsl?raw';
import weights from '../head-norm/weights.wgsl?raw';
import step from '../step.wgsl?raw';
import headsAsTheyAre from './heads-as-they-are.wgsl?raw';
import headsNormed from './heads-normed.wgsl?raw';
import wgsl from './rope.wgsl?raw';
import turn from './turn.wgsl?raw';

export interface RopeShape extends KvShape, TurnShape {
  rows: number;
  heads: number;
  threads: number;
}

/** What `turn.wgsl` is told. */
export interface TurnShape {
  /** Dimensions of a head that turn, from the first; even. With 0 `rotation` is bound but not read. */
  rotaryDim: number;
  /** Which dimensions turn together: (2i, 2i + 1), as GGUF's `llama` has them, or (i, i + rotaryDim / 2). */
  pairs: 'adjacent' | 'halves';
  /** By how much q grows in long contexts; not at all if absent. */
  temperature?: Temperature | undefined;
}

/** q at a position is multiplied by 1 + scale · ln(1 + floor((position + offset) / length)). */
export interface Temperature {
  scale: number;
  /** In positions. */
  length: number;
  offset: number;
}

const NO_TEMPERATURE: Temperature = { scale: 0, length: 1, offset: 0 };

/** Whether the heads of q and k are normed, each by itself, before they turn. */
export type HeadNorms = 'norms heads' | 'no norms';

/**
 * `turnedQuad`, `sharpness` and `storeUnit`, for a kernel that binds `qkv` and `rotation` and can write to the cache. One that
 * norms heads binds their weights at NORMS and NORMS + 1.
 */
export const turnWgsl: Record<HeadNorms, string> = {
  'norms heads': turn + headsNormed + weights,
  'no norms': turn + headsAsTheyAre + noWeights,
};

export function turnConstants({
  rotaryDim,
  pairs,
  temperature = NO_TEMPERATURE,
}: TurnShape): Record<string, number> {
  return {
    ROTARY: rotaryDim,
    ADJACENT: pairs === 'adjacent' ? 1 : 0,
    TEMPERATURE: temperature.scale,
    OFFSET: temperature.offset,
    LENGTH: temperature.length,
  };
}

/**
 * Reads `qkv` (rows, (heads + 2 kvHeads) · headDim), `rotation` (positions, rotaryDim / 2) of (cos, sin), `pages`
 * and `step`; writes `q` (rows, heads · headDim) and the rows' places in the K and V pages.
 */
export function rope(kv: KvType): Kernel<RopeShape> {
  return {
    name: `rope-${kv}`,
    wgsl: kvWgsl[kv].write + step + turnWgsl['no norms'] + wgsl,
    bindings: ['read', 'read', 'read', 'read', 'write', 'write', 'write'],
    cost: ({ rows, heads, kvHeads, headDim, rotaryDim }) => {
      const turned = rows * (heads + kvHeads) * rotaryDim;
      const { bytes, operations } = valuesCost(
        rows * ((2 * heads + 2 * kvHeads) * headDim + rotaryDim),
        3 * turned,
      );
      return { bytes: bytes + 2 * rows * kvHeads * kvEntryBytes(kv, headDim), operations };
    },
    constants: (shape) => ({
      ...kvConstants(shape),
      ...turnConstants(shape),
      HEADS: shape.heads,
      THREADS: shape.threads,
    }),
    // A row past the last would overwrite another sequence's cache, so rows are a dimension of their own
    workgroups: ({ rows, heads, kvHeads, headDim, threads }) => [
      Math.ceil(((heads + 2 * kvHeads) * Math.ceil(headDim / 4 / kvUnit(kv))) / threads),
      rows,
    ],
  };
}
