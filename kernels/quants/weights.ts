import { type KernelFeature, SUBGROUP_MATRIX } from '../kernel.ts';
import dp4a from './dp4a.wgsl?raw';
import arithmeticF16 from './f16.wgsl?raw';
import arithmeticF32 from './f32.wgsl?raw';
import type { QuantFormat } from './format.ts';
import integers from './integers.wgsl?raw';
import integersF16 from './integers-f16.wgsl?raw';
import units from './units.wgsl?raw';

/** What products are computed in. Sums of many are f32 in any case. */
export type Arithmetic = 'f32' | 'f16';

/** WGSL that declares bindings 0 and 1 and reads them: `load32(row, unit)`. */
export function loadWgsl({ wgsl }: QuantFormat): string {
  return units + integers + wgsl;
}

/** The same and `weights(row, unit)`, `narrow` and dot products in one arithmetic. */
export function weightsWgsl(format: QuantFormat, arithmetic: Arithmetic): string {
  if (arithmetic === 'f32') return loadWgsl(format) + arithmeticF32;
  if (!format.wgslF16)
    throw new RangeError(`${format.name} has no f16 variant: f16 does not hold its values.`);
  return loadWgsl(format) + integersF16 + format.wgslF16 + arithmeticF16;
}

/** Declares bindings 0 and 1 and `load32i(row, unit)`, and products of that with int8 values of x. */
export function integersWgsl(format: QuantFormat): string {
  if (!format.wgslDp4a)
    throw new RangeError(`${format.name} has no integer variant: its weights are no scaled integers.`);
  return loadWgsl(format) + dp4a + format.wgslDp4a;
}

/** Directives come before all else in a module. */
export function enable(needs: readonly KernelFeature[]): string {
  return needs.map((feature) => `enable ${DIRECTIVES[feature]};\n`).join('');
}

const DIRECTIVES: Record<KernelFeature, string> = {
  'shader-f16': 'f16',
  subgroups: 'subgroups',
  [SUBGROUP_MATRIX]: 'chromium_experimental_subgroup_matrix',
};
