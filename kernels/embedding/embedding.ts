import { rowBytes, weightRowBytes } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { loadWgsl } from '../quants/weights.ts';
import step from '../step.wgsl?raw';
import wgsl from './embedding.wgsl?raw';

export interface EmbeddingShape {
  rows: number;
  /** Values per entry. */
  k: number;
  /** The part of the table that is bound: `ids` tokens from `firstId`. Rows with other tokens are left as they are. */
  firstId: number;
  ids: number;
  /** What every value is multiplied by; 1 if absent. */
  scale?: number;
  /** Which entry of the table is a row's; its token's if absent. */
  key?: keyof typeof KEYS;
  /** Adds to `out` what would be written there; no if absent. */
  add?: boolean;
}

const KEYS = { token: 0, position: 1, first: 2 } as const;

const THREADS = 128;

/** Reads `quants` and `scales` (ids, k), `step` (rows) and `sampled` (sequences); writes `out` (rows, k) in f32. The grid is exactly `rows` or, past 65,535, padded. */
export function embedding(format: QuantFormat): Kernel<EmbeddingShape> {
  return {
    name: `embedding ${format.name}`,
    wgsl: step + loadWgsl(format) + wgsl,
    bindings: ['read', 'read', 'read', 'read', 'write'],
    cost: ({ rows, k, add = false }) => ({
      bytes: rows * (weightRowBytes(format, k) + (add ? 2 : 1) * rowBytes(k)),
      operations: rows * k,
    }),
    constants: ({ k, firstId, ids, scale = 1, key = 'token', add = false }) => ({
      K: k,
      FIRST_ID: firstId,
      IDS: ids,
      SCALE: scale,
      KEY: KEYS[key],
      ADD: add ? 1 : 0,
      THREADS,
    }),
    workgroups: ({ rows }) => grid(rows),
  };
}
