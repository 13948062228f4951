import { grid, type Kernel } from '../kernel.ts';
import type { Dp4aTeam } from '../mat-vec/mat-vec-dp4a.ts';
import { givenAs, type InputKind, inputsWgsl } from '../quantize/inputs.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable, integersWgsl } from '../quants/weights.ts';
import { type InnerShape, innerConstants } from './act.ts';
import wgsl from './expert-gate-up.wgsl?raw';
import inner from './inner.wgsl?raw';
import { type ChoiceShape, chooseWgsl, choiceConstants } from './route.ts';
import routes from './routes.wgsl?raw';
import routesChosen from './routes-chosen.wgsl?raw';
import routesGiven from './routes-given.wgsl?raw';
import stack from './stack.wgsl?raw';
import { reduceWgsl, type StackShape, stackConstants, stackCost } from './stack.ts';

/** `n` is gate and up together: 2 · ffn, and `ffn` a multiple of 32. */
export interface ExpertGateUpShape extends StackShape, InnerShape {
  /** One alone where x is made here. */
  rows: number;
  /** Experts of a row. Each pair of a row and an expert is z of the grid, so there are at most 65,535. */
  used: number;
  /** Of RMS norm, where x is `normed`. */
  eps?: number;
  /** Where routes are `chosen`; without the layer's bias of gate and up. */
  choice?: Omit<ChoiceShape, 'used'> | undefined;
  tuning: ExpertGateUpTuning;
}

export interface ExpertGateUpTuning {
  /** Threads that share a row of gate and one of up: a power of two. A workgroup has 32 times as many. */
  lanes: number;
  /** The smallest subgroup that the adapter may choose. */
  subgroup: number;
  /** Whether each thread asks for its first weights before x is made. */
  ahead: boolean;
}

/** Storage buffers of the kernel that chooses. */
export const CHOOSING_BINDINGS = 9;

/**
 * `expertMatVec` and `act` in one, in int8. Reads `quants` and `scales` of a stack, `x` (rows, k) in int8 or made so
 * here, `routes` (rows, used), the weights of RMS norm (k), where x is normed, and `bias`, if there is one: as of
 * `act`. Writes `out` (rows · used, ffn) as kernels/quantize does. Where routes are `chosen` it does what `route` does too: it
 * writes `routes`, and reads the router's `logits` and the bias of the choice last.
 */
export function expertGateUp(
  format: QuantFormat,
  team: Dp4aTeam,
  input: InputKind = 'quantized',
  from: 'given' | 'chosen' = 'given',
): Kernel<ExpertGateUpShape> {
  const isChosen = from === 'chosen';
  const isSubgroup = team === 'subgroup';
  const needs = isSubgroup ? (['subgroups'] as const) : [];
  return {
    name: `expert-gate-up ${format.name} ${team} ${input}${isChosen ? ' chosen' : ''}`,
    wgsl:
      enable(needs) +
      integersWgsl(format) +
      inputsWgsl(input, team) +
      routes +
      (isChosen ? chooseWgsl + routesChosen : routesGiven) +
      stack +
      inner +
      wgsl +
      reduceWgsl[team],
    bindings: isChosen
      ? ['read', 'read', 'read', 'write', 'write', 'read', 'read', 'read', 'read']
      : ['read', 'read', 'read', 'write', 'read', 'read', 'read'],
    needs,
    cost: (shape) => ({
      ...stackCost(format, shape, givenAs(input)),
      isInteger: true,
    }),
    constants: ({ used, eps, choice, tuning, ...shape }) => ({
      ...stackConstants(shape),
      ...innerConstants(shape),
      SHARE: used,
      ...(isChosen && choiceConstants({ ...choice!, used })),
      LANES: tuning.lanes,
      AHEAD: Number(tuning.ahead),
      ...(input === 'normed' && { EPS: eps! }),
      ...(isSubgroup && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, used, ffn }) => [...grid(ffn / 32), rows * used],
  };
}
