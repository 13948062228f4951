import type { ExpertRoles, Experts } from '../../../models/architectures/index.ts';
import { isTiled } from '../expert-variants.ts';
import type { BufferSlice } from '../gpu.ts';
import type { Linear, Stack } from '../load.ts';
import type { ForwardContext, RowsOf } from './context.ts';

/** A block's experts, and what of them is the same in all of its dispatches. */
export interface Mixture {
  roles: ExpertRoles<Linear, Stack, BufferSlice>;
  experts: Experts;
  /** Rows whose pairs are computed one by one, and rows whose pairs are computed in tiles: a step has one kind. */
  few: RowsOf;
  many: RowsOf;
}

export function mix({ config, variants }: ForwardContext, roles: Mixture['roles']): Mixture {
  const experts = config.experts!;
  const rowsIf =
    (tiled: boolean): RowsOf =>
    ({ rows }) => ({ rows: isTiled(variants, experts, rows) === tiled ? rows : 0 });
  return { roles, experts, few: rowsIf(false), many: rowsIf(true) };
}
