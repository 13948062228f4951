import type { Kernel } from '../../kernels/kernel.ts';
import { CHUNK_POSITIONS } from '../../kernels/attention/attention.ts';
import { type MatVecShape, type MatVecTuning, matVec } from '../../kernels/mat-vec/mat-vec.ts';
import type { Arithmetic } from '../../kernels/quants/weights.ts';
import type { Gpu } from './gpu.ts';
import type { Matrix } from './load.ts';

/** Which kernels suit an adapter. */
export interface Variants {
  arithmetic: Arithmetic;
  team: 'alone' | 'workgroup' | 'subgroup';
  attention: 'simple' | 'workgroup' | 'subgroup';
  /** Of kernels without barriers. */
  matMul: 'alone' | 'tiled';
  threads: number;
  normThreads: number;
  subgroupSize: number;
  chunkPositions: number;
}

/** By what the adapter is: barriers are dear on a CPU that plays a GPU, and threads that share a row are needed on a real one. */
export function chooseVariants(gpu: Gpu): Variants {
  const subgroupSize = gpu.has('subgroups') ? gpu.info.subgroupMinSize : 8;
  const shared = {
    arithmetic: gpu.has('shader-f16') ? 'f16' : 'f32',
    subgroupSize,
    chunkPositions: CHUNK_POSITIONS,
    threads: 64,
  } as const;
  if (gpu.isSoftware)
    return {
      ...shared,
      arithmetic: 'f32',
      team: 'alone',
      attention: 'simple',
      matMul: 'alone',
      normThreads: 1,
    };
  const lanes = gpu.has('subgroups') ? 'subgroup' : 'workgroup';
  return { ...shared, team: lanes, attention: lanes, matMul: 'tiled', normThreads: 256 };
}

export interface LinearKernel {
  kernel: Kernel<MatVecShape>;
  tuning: MatVecTuning;
  /** Whether this kernel is the one for so many rows of x. */
  takes(rows: number): boolean;
}

export function linearKernels(_gpu: Gpu, variants: Variants, { format }: Matrix): LinearKernel[] {
  const kernel = matVec(format, { arithmetic: variants.arithmetic, team: variants.team });
  const tuning = { lanes: 1, teams: 16, rowsPerTeam: 1, cols: 1, chunk: 32, subgroup: variants.subgroupSize };
  return [{ kernel, tuning, takes: () => true }];
}
