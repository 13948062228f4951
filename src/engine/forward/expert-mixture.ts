import { CHOOSING_BINDINGS } from '../../../kernels/experts/expert-gate-up.ts';
import { MOST_MADE } from '../../../kernels/quantize/inputs.ts';
import type { ExpertRoles, Experts } from '../../../models/architectures/index.ts';
import { isTiled } from '../device/expert-variants.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear, Stack } from '../weights/load.ts';
import { takesIntegers } from '../device/variants.ts';
import type { ForwardContext, RowsOf } from './context.ts';

/** A block's experts, and what of them is the same in all of its dispatches. */
export interface Mixture {
  roles: ExpertRoles<Linear, Stack, BufferSlice>;
  experts: Experts;
  /** Rows whose pairs are computed one by one, and rows whose pairs are computed in tiles: a step has one kind. */
  few: RowsOf;
  many: RowsOf;
  /** Whether gate and up of few pairs are made at once, as `down` reads them. */
  isFused: boolean;
  /** Whether a single row is left to gate and up as it is, and which rows that are. */
  isSingle: boolean;
  single: RowsOf;
  /** Whether they choose that row's experts too. */
  singleChooses: boolean;
}

export function mix({ config, variants }: ForwardContext, roles: Mixture['roles']): Mixture {
  const experts = config.experts!;
  const rowsIf =
    (tiled: boolean): RowsOf =>
    ({ rows }) => ({ rows: isTiled(variants, experts, rows) === tiled ? rows : 0 });
  const { gateUp, down } = roles;
  const few = rowsIf(false);
  // Gate and up that lie together are made at once, where `down` reads integers
  const isFused =
    takesIntegers(variants, gateUp) &&
    takesIntegers(variants, down) &&
    gateUp.parts.every(({ outputs }) => outputs === gateUp.outputs);
  const isSingle = isFused && gateUp.inputs <= MOST_MADE;
  const single: RowsOf = (load) => ({ rows: isSingle && few(load).rows === 1 ? 1 : 0 });
  const singleChooses = isSingle && variants.mostBindings >= CHOOSING_BINDINGS;
  return { roles, experts, few, many: rowsIf(true), isFused, isSingle, single, singleChooses };
}

/** How the router's logits choose. */
export function choiceOf({ roles, experts }: Mixture) {
  const { count, used, gating, renormalizes, scale } = experts;
  const bias = roles.routerBias ?? roles.choiceBias;
  const biasing = { hasBias: bias !== undefined, biasesChoice: roles.choiceBias !== undefined };
  return { shape: { experts: count, used, gating, renormalize: renormalizes, scale, ...biasing }, bias };
}
