import type { GivenAs } from '../costs.ts';
import type { BindingKind } from '../kernel.ts';
import made from './inputs-made.wgsl?raw';
import madeBySubgroups from './inputs-made-subgroup.wgsl?raw';
import wgsl from './inputs.wgsl?raw';
import normed from './row-normed.wgsl?raw';
import plain from './row-plain.wgsl?raw';
import unit from './unit.wgsl?raw';

/**
 * What an integer kernel reads at binding 2. `quantized`: any number of rows as kernels/quantize writes them. `plain`
 * and `normed`: a single row in f32, which each workgroup quantizes for itself, after RMS norm with the
 * weights at binding 5. Of those, K is at most `MOST_MADE`.
 */
export type InputKind = 'quantized' | 'plain' | 'normed';

/** Values of a row that fit into workgroup memory everywhere, beside what adding up takes. */
export const MOST_MADE = 8192;

/** Declares x, `prepare(thread)` for all threads to call first, and `inputs(m, unit)`. */
export function inputsWgsl(kind: InputKind, team: 'workgroup' | 'subgroup' = 'workgroup'): string {
  if (kind === 'quantized') return unit + wgsl;
  return unit + (team === 'subgroup' ? madeBySubgroups : made) + (kind === 'plain' ? plain : normed);
}

/** Kinds of the bindings of a kernel that reads weights and x, writes `out` and knows M by `counts`. */
export function inputBindings(kind: InputKind): BindingKind[] {
  const bindings: BindingKind[] = ['read', 'read', 'read', 'write', 'uniform'];
  return kind === 'normed' ? [...bindings, 'read'] : bindings;
}

export function givenAs(kind: InputKind): GivenAs {
  return kind === 'quantized' ? 'int8' : 'f32';
}
