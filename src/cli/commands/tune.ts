import type { Kernel } from '../../../kernels/kernel.ts';
import { MAT_MUL_TUNING, matMul } from '../../../kernels/mat-mul/mat-mul.ts';
import { matMulDp4a, type MatMulDp4aTuning } from '../../../kernels/mat-mul/mat-mul-dp4a.ts';
import { MATRICES_TUNINGS, matMulMatrices } from '../../../kernels/mat-mul/mat-mul-matrices.ts';
import { matVec, matVecTuning } from '../../../kernels/mat-vec/mat-vec.ts';
import { matVecDp4a } from '../../../kernels/mat-vec/mat-vec-dp4a.ts';
import { quantizedBytes } from '../../../kernels/quantize/quantize.ts';
import { type QuantFormat, quantFormat } from '../../../kernels/quants/index.ts';
import type { Gpu } from '../../engine/gpu/gpu.ts';
import { median } from '../../engine/gpu/median.ts';
import { Readback } from '../../engine/gpu/readback.ts';
import {
  chooseVariants,
  integerKernels,
  type LinearShape,
  linearKernels,
  tuned,
  type Variants,
} from '../../engine/device/variants.ts';
import { HearthError } from '../../protocol/errors.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { openGpu } from '../gpu.ts';

/** More than any cache holds, so that weights come from memory as they do in a model. */
const ROTATED_BYTES = 256 * 2 ** 20;
const MOST_COPIES = 64;
const RUNS = 7;

/**
 * Times every division of the work of one matrix (`--quant`, `--k`, `--n`) and number of rows of x (`--rows`): bytes of
 * weights a second, the best first, and where the kernel that the engine takes stands among them. In int8 if the
 * engine computes this type so, and with `--features no-dp4a` in floats.
 */
export async function tune(args: string[]) {
  const flags = new Flags(args, ['quant', 'k', 'n', 'rows', ...GPU_FLAGS]);
  const format = quantFormat(flags.required('quant'));
  if (!format) throw new HearthError('bad-input', `There is no type ${flags.string('quant')}.`);
  const [k, n, rows] = [flags.integer('k', 2048), flags.integer('n', 2048), flags.integer('rows', 1)];
  const gpu = await openGpu(flags);
  const variants = chooseVariants(gpu);
  const isInteger = variants.dp4a !== undefined && format.wgslDp4a !== undefined;
  const shape = { k, n, rows, add: false, outStride: n, outOffset: 0 };
  const weights = gpu.buffer(
    'weights',
    Math.min(ROTATED_BYTES, gpu.device.limits.maxStorageBufferBindingSize),
  );

  const own = (isInteger ? integerKernels : linearKernels)(variants, { format, k, rows: n }).find(
    ({ takes }) => takes(rows),
  )!.kernel;
  const kernels = isInteger
    ? integerCandidates(format, variants, shape, gpu)
    : floatCandidates(format, variants, shape);
  const bytes = (format.quantsBytes(k) + format.scalesBytes(k)) * n;
  const results: { kernel: string; division: Record<string, number>; gb_per_s: number; us: number }[] = [];
  for (const kernel of [own, ...kernels]) {
    const us = await time(
      gpu,
      kernel,
      shape,
      weights,
      format.quantsBytes(k) * n,
      format.scalesBytes(k) * n,
      isInteger ? quantizedBytes(k) : 4 * k,
    );
    results.push({ kernel: kernel.name, division: division(kernel, shape), gb_per_s: bytes / us / 1e3, us });
  }
  const chosen = results[0]!;
  return {
    quant: format.name,
    k,
    n,
    rows,
    chosen,
    best: results.toSorted((a, b) => a.us - b.us).slice(0, 8),
  };
}

/** What `constants` say that is not the matrix's own; tiles have it in their names. */
function division(kernel: Kernel<LinearShape>, shape: LinearShape): Record<string, number> {
  const { K: _k, N: _n, ADD: _a, OUT_STRIDE: _s, OUT_OFFSET: _o, ...rest } = kernel.constants(shape);
  return rest;
}

const COLS = [1, 2, 4, 8];

function integerCandidates(
  format: QuantFormat,
  { dp4a, matrices, subgroupSize }: Variants,
  { k, rows }: LinearShape,
  { device }: Gpu,
): Kernel<LinearShape>[] {
  const kernels: Kernel<LinearShape>[] = [];
  const most = 4 * subgroupSize;
  for (const lanes of [4, 8, 16, 32, 64, 128].filter((lanes) => lanes <= most && lanes <= k / 32))
    for (const threads of [64, 128, 256].filter((threads) => threads >= lanes))
      for (const rowsPerTeam of [1, 2, 4])
        for (const cols of COLS.filter((cols) => cols < 2 * rows && cols >= Math.min(rows, 4)))
          kernels.push(
            tuned(matVecDp4a(format, dp4a!), {
              lanes,
              teams: threads / lanes,
              rowsPerTeam,
              cols,
              subgroup: subgroupSize,
              ahead: 0,
            }),
          );
  if (rows > 8) kernels.push(...tileDivisions(device).map((tuning) => matMulDp4a(format, tuning)));
  if (rows > 64 && matrices)
    for (const tuning of Object.values(MATRICES_TUNINGS))
      kernels.push(matMulMatrices(format, { ...tuning, subgroup: subgroupSize }));
  return kernels;
}

const SIDES = [4, 8, 16];

/** Of tiles in int8, what an adapter has room for. */
function tileDivisions({ limits }: GPUDevice): MatMulDp4aTuning[] {
  const all = SIDES.flatMap((sideN) =>
    SIDES.flatMap((sideM) =>
      [2, 4, 8].flatMap((eachN) =>
        [4, 8].flatMap((eachM) =>
          [1, 4, 8].flatMap((slices) =>
            [1, 2].map((depth): MatMulDp4aTuning => ({ sideN, sideM, eachN, eachM, slices, depth })),
          ),
        ),
      ),
    ),
  );
  return all.filter(({ sideN, sideM, eachN, eachM, slices, depth }) => {
    const threads = sideN * sideM * slices;
    const bytes = 52 * slices * depth * (sideN * eachN + sideM * eachM) + 16 * threads;
    return (
      threads >= 64 &&
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      bytes <= limits.maxComputeWorkgroupStorageSize
    );
  });
}

function floatCandidates(
  format: QuantFormat,
  variants: Variants,
  { k, n, rows }: LinearShape,
): Kernel<LinearShape>[] {
  const cols = COLS.find((cols) => cols >= rows) ?? 8;
  const variant = { team: variants.team, arithmetic: format.wgslF16 ? variants.arithmetic : 'f32' } as const;
  const own = matVecTuning(variant, { k, n, cols }, variants.subgroupSize);
  const units = Math.ceil(k / 32);
  const kernels: Kernel<LinearShape>[] = [];
  for (const lanes of [4, 8, 16, 32])
    for (const threads of [64, 128, 256])
      for (const rowsPerTeam of [1, 2, 4])
        for (const staged of [8192, 16_384]) {
          const chunks = Math.floor(staged / (128 * cols * lanes));
          if (chunks === 0) continue;
          const chunk = lanes * Math.min(chunks, Math.ceil(units / lanes));
          kernels.push(
            tuned(matVec(format, variant), { ...own, lanes, teams: threads / lanes, rowsPerTeam, chunk }),
          );
        }
  if (rows > 8) kernels.push(tuned(matMul(format, variant.arithmetic), MAT_MUL_TUNING));
  return kernels;
}

/** Median microseconds of one dispatch, over copies of the weights that follow one another. */
async function time(
  gpu: Gpu,
  kernel: Kernel<LinearShape>,
  shape: LinearShape,
  weights: GPUBuffer,
  quantsBytes: number,
  scalesBytes: number,
  inputBytes: number,
): Promise<number> {
  const align = (bytes: number) => Math.ceil(bytes / 256) * 256;
  const stride = align(quantsBytes) + align(Math.max(16, scalesBytes));
  const copies = Math.max(1, Math.min(MOST_COPIES, Math.floor(weights.size / stride)));
  const pipeline = await gpu.pipeline(kernel, shape);
  const x = gpu.buffer('x', shape.rows * inputBytes);
  const out = gpu.buffer('out', shape.rows * shape.n * 4);
  const counts = gpu.buffer('counts', 16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  gpu.device.queue.writeBuffer(counts, 0, new Uint32Array([shape.rows, 0, 0, 0]));
  const groups = Array.from({ length: copies }, (_, i) =>
    gpu.bind(pipeline, [
      { buffer: weights, offset: i * stride, size: quantsBytes },
      { buffer: weights, offset: i * stride + align(quantsBytes), size: Math.max(16, scalesBytes) },
      { buffer: x },
      { buffer: out },
      { buffer: counts },
    ]),
  );
  const readback = new Readback(gpu, 1, 8);
  const dispatches = Math.max(copies, 16);
  const run = () =>
    readback.submit(
      (pass) => {
        pass.setPipeline(pipeline.pipeline);
        for (let i = 0; i < dispatches; i++) {
          pass.setBindGroup(0, groups[i % copies]!);
          pass.dispatchWorkgroups(...kernel.workgroups(shape));
        }
      },
      out,
      8,
    );
  await run();
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push((await run()).busyMs);
  gpu.check();
  readback.destroy();
  for (const buffer of [x, out, counts]) buffer.destroy();
  return (median(times) * 1000) / dispatches;
}
