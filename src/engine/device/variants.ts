import type { Kernel } from '../../../kernels/kernel.ts';
import {
  FEW_ROWS_TUNING,
  MAT_MUL_DP4A_TUNING,
  matMulDp4a,
  NARROW_TUNING,
} from '../../../kernels/mat-mul/mat-mul-dp4a.ts';
import { MATRICES_TUNINGS, matMulMatrices } from '../../../kernels/mat-mul/mat-mul-matrices.ts';
import { MAT_MUL_TUNING, matMul } from '../../../kernels/mat-mul/mat-mul.ts';
import { matVec, matVecTuning } from '../../../kernels/mat-vec/mat-vec.ts';
import { type GateUpShape, gateUpDp4a } from '../../../kernels/mat-vec/gate-up-dp4a.ts';
import { type Dp4aTeam, matVecDp4a, matVecDp4aTuning } from '../../../kernels/mat-vec/mat-vec-dp4a.ts';
import { type InputKind, MOST_MADE } from '../../../kernels/quantize/inputs.ts';
import type { QuantFormat } from '../../../kernels/quants/format.ts';
import type { Arithmetic } from '../../../kernels/quants/weights.ts';
import { type Gpu, type Trust, TRUSTS } from '../gpu/gpu.ts';
import type { LinearShape as LinearMap, MatrixLayout } from '../weights/layout.ts';

/** Which kernels suit an adapter. */
export interface Variants {
  /** What weights are multiplied in, where their type has such a kernel. */
  arithmetic: Arithmetic;
  /** Multiply in int8 where the weights are small integers: how threads share a row then. */
  dp4a: Dp4aTeam | undefined;
  /** Large products of weights that are small integers are in f16, by matrices of whole subgroups. */
  matrices: boolean;
  /** How threads share a row of weights; alone where barriers are dear. */
  team: 'alone' | 'workgroup' | 'subgroup';
  attention: 'simple' | 'workgroup' | 'subgroup';
  /** Threads in a workgroup of kernels without barriers. */
  threads: number;
  quantizeThreads: number;
  gateUpLanes: number;
  /** That a workgroup may have. */
  mostThreads: number;
  /** Whether a workgroup has room for several teams that share a tile. */
  sharesTiles: boolean;
  normThreads: number;
  sampleThreads: number;
  /** Storage buffers that a kernel may have. */
  mostBindings: number;
  /** The adapter's smallest subgroup, or how many threads play one. */
  subgroupSize: number;
}

/** A linear map's inputs as the kernels' shapes say it. */
export interface LinearShape {
  rows: number;
  k: number;
  n: number;
  add: boolean;
  outStride: number;
  outOffset: number;
}

/** What of a matrix its kernels depend on. */
export type MatrixSize = Pick<MatrixLayout, 'format' | 'k' | 'rows'>;

export interface LinearKernel<Shape = LinearShape> {
  kernel: Kernel<Shape>;
  /** Whether this kernel is the one for so many rows of x. */
  takes(rows: number): boolean;
}

/** By what the adapter is and may be trusted with, in the arithmetic that is wanted: barriers are dear on a CPU that plays a GPU, and threads that share a row are needed on a real one. */
export function chooseVariants(gpu: Gpu, wanted?: Arithmetic): Variants {
  const { trust } = gpu;
  const isTrusted = (most: Trust) => TRUSTS.indexOf(trust) <= TRUSTS.indexOf(most);
  const hasSubgroups = gpu.has('subgroups') && isTrusted('no subgroup matrices');
  const hasIntegers = gpu.dp4a && isTrusted('no subgroups');
  const subgroupSize = hasSubgroups ? gpu.info.subgroupMinSize : 32;
  const {
    maxComputeInvocationsPerWorkgroup: mostThreads,
    maxComputeWorkgroupStorageSize,
    maxStorageBuffersPerShaderStage: mostBindings,
  } = gpu.device.limits;
  const inTeams = hasSubgroups ? 'subgroup' : 'workgroup';
  const shared = {
    dp4a: hasIntegers ? (inTeams as Dp4aTeam) : undefined,
    threads: 64,
    quantizeThreads: 64,
    // A workgroup has 32 times as many threads
    gateUpLanes: mostThreads >= 512 ? 16 : 8,
    mostThreads,
    mostBindings,
    matrices: hasIntegers && gpu.matrices && trust === 'all it has' && wanted !== 'f32',
    sharesTiles: mostThreads >= 512 && maxComputeWorkgroupStorageSize >= 32_768,
    subgroupSize,
  };
  if (gpu.isSoftware || trust === 'the simplest kernels')
    return {
      ...shared,
      arithmetic: 'f32',
      team: 'alone',
      attention: 'simple',
      normThreads: 1,
      sampleThreads: 4,
    };

  const arithmetic = wanted ?? (gpu.f16 ? 'f16' : 'f32');
  return {
    ...shared,
    arithmetic,
    team: inTeams,
    attention: inTeams,
    normThreads: 256,
    sampleThreads: 256,
  };
}

/** Rows of x from which on tiles beat reading the weights once for every eight rows. */
const TILED_ROWS = 9;
const COLS = [1, 2, 4, 8];
/** Fewer where compiling a kernel takes a software adapter a tenth of a second. */
const SOFTWARE_COLS = [1, 8];

/** A linear map, and what adapters add to it: they read x in f32. */
type AdaptedMap = LinearMap & { lora?: readonly unknown[] };

/** Whether a linear map is computed in int8: all of it or nothing, since its parts read one x. */
export function takesIntegers({ dp4a }: Variants, { parts, lora }: AdaptedMap): boolean {
  return dp4a !== undefined && !lora?.length && parts.every(({ matrix }) => matrix.format.wgslDp4a);
}

/** Rows of x in int8 that a mat-vec takes at once. */
const INTEGER_COLS = [1, 2, 4];
/** Rows from which on tiles beat that: sooner where w has rows enough to fill the GPU with tiles, or teams share a tile. */
const TILED_INTEGER_ROWS = { few: 33, shared: 25, many: 17 };
const LARGER_TILES_ROWS = 65;
const MANY_ROWS_OF_WEIGHTS = 8192;

/** The kernels of one matrix for every number of rows of x in int8. */
export function integerKernels(
  { dp4a, matrices, subgroupSize, sharesTiles }: Variants,
  { format, k, rows: n }: MatrixSize,
): LinearKernel[] {
  const isNarrow = n < MANY_ROWS_OF_WEIGHTS;
  const tiledRows = TILED_INTEGER_ROWS[isNarrow ? (sharesTiles ? 'shared' : 'few') : 'many'];
  const matVecs = INTEGER_COLS.map((cols, i): LinearKernel => {
    const tuning = matVecDp4aTuning({ k, n, cols }, subgroupSize);
    return { kernel: tuned(matVecDp4a(format, dp4a!), tuning), takes: integerRows(i, tiledRows) };
  });
  return [
    ...matVecs,
    {
      kernel: matMulDp4a(format, isNarrow && sharesTiles ? NARROW_TUNING : FEW_ROWS_TUNING),
      takes: (count) => count >= tiledRows && count < LARGER_TILES_ROWS,
    },
    ...(matrices && sharesTiles && format.wgslF16
      ? matrixKernels(format, n, subgroupSize)
      : [
          {
            kernel: matMulDp4a(format, MAT_MUL_DP4A_TUNING),
            takes: (count: number) => count >= LARGER_TILES_ROWS,
          },
        ]),
  ];
}

/** As many tiles as a large GPU has processors, or nearly: fewer leave some of them idle. */
const ENOUGH_TILES = 90;

function matrixKernels(format: QuantFormat, n: number, subgroup: number): LinearKernel[] {
  const { large, small } = MATRICES_TUNINGS;
  const isLarge = (rows: number) => Math.ceil(rows / 128) * Math.ceil(n / 128) >= ENOUGH_TILES;
  return [
    {
      kernel: matMulMatrices(format, { ...small, subgroup }),
      takes: (count) => count >= LARGER_TILES_ROWS && !isLarge(count),
    },
    {
      kernel: matMulMatrices(format, { ...large, subgroup }),
      takes: (count) => count >= LARGER_TILES_ROWS && isLarge(count),
    },
  ];
}

/** Whether numbers may overflow f16 somewhere. */
export function mayOverflow({ arithmetic, matrices }: Variants): boolean {
  return arithmetic === 'f16' || matrices;
}

/** Whether so many rows are for the mat-vec of INTEGER_COLS[i]. */
function integerRows(i: number, tiledRows: number): (rows: number) => boolean {
  const atLeast = (INTEGER_COLS[i - 1] ?? 0) + 1;
  const atMost = i === INTEGER_COLS.length - 1 ? tiledRows - 1 : INTEGER_COLS[i]!;
  return (rows) => rows >= atLeast && rows <= atMost;
}

/**
 * The kernels that make SwiGLU's gate and up of one matrix in one dispatch, for few rows; for more rows
 * there are none.
 */
export function gateUpKernels(
  { dp4a, subgroupSize, gateUpLanes }: Variants,
  { format }: MatrixSize,
): LinearKernel<Omit<GateUpShape, 'tuning'>>[] {
  return INTEGER_COLS.map((cols, i) => ({
    kernel: tuned(gateUpDp4a(format, dp4a!), { lanes: gateUpLanes, cols, subgroup: subgroupSize, ahead: 0 }),
    takes: integerRows(i, TILED_INTEGER_ROWS.many),
  }));
}

/** Past so many rows of w, quantizing the row of x in every workgroup costs more than a dispatch that does it once. */
const MOST_SINGLE_ROWS = 32_768;

/** A row from which on norming it takes longer than memory does to answer. */
const LONG_ROW = 4096;

/** Whether a single row of x may be left to the kernels of `map` as it is, to be quantized there. */
export function takesSingle(variants: Variants, map: AdaptedMap): boolean {
  return takesIntegers(variants, map) && map.inputs <= MOST_MADE && map.outputs <= MOST_SINGLE_ROWS;
}

/** For a single row of x in f32. */
export function singleKernel(
  { dp4a, subgroupSize, mostThreads }: Variants,
  { format, k, rows: n }: MatrixSize,
  input: InputKind,
): Kernel<LinearShape & { eps: number }> {
  const tuning = matVecDp4aTuning({ k, n, cols: 1 }, subgroupSize);
  const isLong = input === 'normed' && k >= LONG_ROW && mostThreads >= 512;
  // Then more threads share it
  const own = isLong ? { ...tuning, teams: 512 / tuning.lanes, ahead: 0 } : tuning;
  return tuned(matVecDp4a(format, dp4a!, input), own);
}

/** As `gateUpKernels`, for a single row of x in f32. */
export function singleGateUp(
  { dp4a, subgroupSize, gateUpLanes }: Variants,
  { format, k }: MatrixSize,
  input: InputKind,
): Kernel<Omit<GateUpShape, 'tuning'>> {
  return tuned(gateUpDp4a(format, dp4a!, input), {
    lanes: gateUpLanes,
    cols: 1,
    subgroup: subgroupSize,
    ahead: k < LONG_ROW ? 1 : 0,
  });
}

/** The kernels of one matrix, for every number of rows of x in f32. */
export function linearKernels(
  { arithmetic, team, subgroupSize }: Variants,
  { format, k, rows }: MatrixSize,
): LinearKernel[] {
  const own = arithmeticFor(format, arithmetic);
  const variant = { arithmetic: own, team };
  const allCols = team === 'alone' ? SOFTWARE_COLS : COLS;
  const matVecs = allCols.map((cols, i): LinearKernel => {
    const tuning = matVecTuning(variant, { k, n: rows, cols }, subgroupSize);
    const isLast = i === allCols.length - 1;
    const atLeast = (allCols[i - 1] ?? 0) + 1;
    const atMost = isLast ? (team === 'alone' ? Number.POSITIVE_INFINITY : TILED_ROWS - 1) : cols;
    return {
      kernel: tuned(matVec(format, variant), tuning),
      takes: (count) => count >= atLeast && count <= atMost,
    };
  });
  if (team === 'alone') return matVecs;
  const tiled: Kernel<LinearShape> = tuned(matMul(format, own), MAT_MUL_TUNING);
  return [...matVecs, { kernel: tiled, takes: (count) => count >= TILED_ROWS }];
}

export function arithmeticFor(format: QuantFormat, wanted: Arithmetic): Arithmetic {
  return format.wgslF16 ? wanted : 'f32';
}

/** A kernel with its tuning fixed. */
export function tuned<Shape, Tuning>(
  kernel: Kernel<NoInfer<Shape> & { tuning: Tuning }>,
  tuning: Tuning,
): Kernel<Shape> {
  return {
    ...kernel,
    constants: (shape) => kernel.constants({ ...shape, tuning }),
    workgroups: (shape) => kernel.workgroups({ ...shape, tuning }),
  };
}
