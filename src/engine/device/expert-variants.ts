import { expertDown, type ExpertDownShape } from '../../../kernels/experts/expert-down.ts';
import {
  type ExpertMatMulShape,
  type ExpertMatMulTuning,
  expertMatMul,
} from '../../../kernels/experts/expert-mat-mul.ts';
import { expertGateUp, type ExpertGateUpShape } from '../../../kernels/experts/expert-gate-up.ts';
import { expertMatVec, type ExpertMatVecShape } from '../../../kernels/experts/expert-mat-vec.ts';
import { router, type RouterShape } from '../../../kernels/experts/router.ts';
import type { ExpertInput, StackTuning, StackVariant } from '../../../kernels/experts/stack.ts';
import type { Kernel } from '../../../kernels/kernel.ts';
import { matVec, matVecTuning } from '../../../kernels/mat-vec/mat-vec.ts';
import type { InputKind } from '../../../kernels/quantize/inputs.ts';
import type { QuantFormat } from '../../../kernels/quants/format.ts';
import type { Experts } from '../../../models/architectures/index.ts';
import { arithmeticFor, type MatrixSize, takesIntegers, tuned, type Variants } from './variants.ts';

/** Tiles of `PAIRS_PER_TILE` pairs. */
const INTEGER_TILES: ExpertMatMulTuning = { sideN: 16, sideM: 8, depth: 2 };
/** 12 KiB of workgroup memory. */
const FLOAT_TILES: ExpertMatMulTuning = { sideN: 8, sideM: 4, depth: 1 };

/** Pairs for each expert from which on tiles beat reading an expert's weights once for every pair. */
const TILED_PAIRS = 2;

/** Whether the pairs of so many rows are grouped by their experts. Tiles need barriers, which are dear where threads are alone. */
export function isTiled(variants: Variants, { count, used }: Experts, rows: number): boolean {
  const hasTeams = variants.team !== 'alone' || variants.dp4a !== undefined;
  return hasTeams && rows * used >= TILED_PAIRS * count;
}

/** What a stack's x is given as: in int8 if all of its parts are multiplied so. */
export function inputOf(
  variants: Variants,
  stack: Parameters<typeof takesIntegers>[1],
  format: QuantFormat,
): ExpertInput {
  return takesIntegers(variants, stack) ? 'int8' : arithmeticFor(format, variants.arithmetic);
}

type Tuned<Shape> = Kernel<Omit<Shape, 'tuning'>>;

/** For few pairs. */
export function pairsKernel(
  variants: Variants,
  format: QuantFormat,
  input: ExpertInput,
  k: number,
): Tuned<ExpertMatVecShape> {
  const variant = variantOf(variants, input);
  return tuned(expertMatVec(format, variant), teamTuning(variant, k / 32, variants));
}

/** Gate and up of few pairs at once, in int8. */
export function gateUpKernel(
  { dp4a, gateUpLanes, subgroupSize }: Variants,
  format: QuantFormat,
  input: InputKind,
  from: 'given' | 'chosen' = 'given',
): Tuned<ExpertGateUpShape> {
  const ahead = input !== 'quantized';
  return tuned(expertGateUp(format, dp4a!, input, from), {
    lanes: gateUpLanes,
    subgroup: subgroupSize,
    ahead,
  });
}

/** For the pairs of few rows: `values` of each row in all. */
export function downKernel(
  variants: Variants,
  format: QuantFormat,
  input: ExpertInput,
  values: number,
): Tuned<ExpertDownShape> {
  const variant = variantOf(variants, input);
  return tuned(expertDown(format, variant), teamTuning(variant, values / 32, variants));
}

/** Rows whose router's logits are made with the norm in one dispatch. */
export const FEW_ROUTED_ROWS = 8;

export function routerKernel(variants: Variants, format: QuantFormat, k: number): Tuned<RouterShape> {
  const { team, subgroupSize: subgroup } = variants;
  if (team === 'alone') return tuned(router(format, team), { lanes: 1, teams: 16, subgroup });
  // A unit a lane, and a workgroup to each team: there are few rows of weights
  const lanes = powerOfTwo(k / 32, 64);
  return tuned(router(format, team), { lanes, teams: 64 / lanes, subgroup });
}

/** For more rows: of so few rows of weights there would be too few tiles to fill a GPU. */
export function manyRoutedKernel({ team, subgroupSize }: Variants, { format, k, rows }: MatrixSize) {
  const variant = { arithmetic: 'f32', team } as const;
  return tuned(matVec(format, variant), matVecTuning(variant, { k, n: rows, cols: 8 }, subgroupSize));
}

/** For many pairs, in tiles. */
export function tilesKernel(format: QuantFormat, input: ExpertInput): Kernel<ExpertMatMulShape> {
  return expertMatMul(format, input, input === 'int8' ? INTEGER_TILES : FLOAT_TILES);
}

function variantOf({ team, dp4a }: Variants, input: ExpertInput): StackVariant {
  return { input, team: input === 'int8' ? dp4a! : team };
}

/** Two units a lane, since every one waits for its route: of a row's experts together there are many. */
function teamTuning({ team }: StackVariant, units: number, { subgroupSize }: Variants): StackTuning {
  if (team === 'alone') return { lanes: 1, teams: 16, subgroup: subgroupSize };
  const lanes = powerOfTwo(units / 2, 64);
  return { lanes, teams: 256 / lanes, subgroup: subgroupSize };
}

/** The largest power of two up to `wanted`, from 4 to `most`. */
function powerOfTwo(wanted: number, most: number): number {
  return Math.max(4, Math.min(most, 2 ** Math.floor(Math.log2(wanted))));
}
