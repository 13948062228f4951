import { grid, type Kernel } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable } from '../quants/weights.ts';
import wgsl from './expert-down.wgsl?raw';
import {
  type StackShape,
  type StackTuning,
  type StackVariant,
  givenTo,
  stackConstants,
  stackCost,
  stackNeeds,
  stackWgsl,
  teamConstants,
} from './stack.ts';

export interface ExpertDownShape extends StackShape {
  rows: number;
  /** Experts of a row. */
  used: number;
  /** Adds to what `out` holds. */
  add: boolean;
  /** Whether weights count here. */
  weighted: boolean;
  hasBias: boolean;
  tuning: StackTuning;
}

/**
 * Reads `quants` and `scales` of a stack, `x` (rows · used, k), `routes` (rows, used) and `bias` (all experts, n), if
 * there is one; writes `out` (rows, n). Of a layer in several stacks, all but the first add.
 */
export function expertDown(format: QuantFormat, variant: StackVariant): Kernel<ExpertDownShape> {
  const needs = stackNeeds(variant);
  return {
    name: `expert-down ${format.name} ${variant.input} ${variant.team}`,
    wgsl: enable(needs) + stackWgsl(format, variant) + wgsl,
    bindings: ['read', 'read', 'read', 'write', 'read', 'read'],
    needs,
    cost(shape) {
      const { bytes, ...products } = stackCost(format, shape, givenTo(variant.input));
      // What the experts of a row make is summed where it is made
      return { ...products, bytes: bytes - shape.rows * (shape.used - 1) * shape.n * 4 };
    },
    constants: ({ used, add, weighted, hasBias, tuning, ...shape }) => ({
      ...stackConstants(shape),
      USED: used,
      ADD: Number(add),
      WEIGHTED: Number(weighted),
      BIASED: Number(hasBias),
      ...teamConstants(variant.team, tuning),
    }),
    workgroups: ({ rows, n, tuning }) => [...grid(Math.ceil(n / tuning.teams)), rows],
  };
}
