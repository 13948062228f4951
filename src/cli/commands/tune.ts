import {
  type MatVecTuning,
  type MatVecVariant,
  matVec,
  matVecTuning,
} from '../../../kernels/mat-vec/mat-vec.ts';
import { quantFormat } from '../../../kernels/quants/index.ts';
import { median } from '../../engine/ceiling.ts';
import type { Gpu } from '../../engine/gpu.ts';
import { Readback } from '../../engine/readback.ts';
import { HearthError } from '../../protocol/errors.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { openGpu } from '../gpu.ts';

/** More than any cache holds, so that weights come from memory as they do in a model. */
const ROTATED_BYTES = 256 * 2 ** 20;
const MOST_COPIES = 64;
const RUNS = 7;

/**
 * Times every division of mat-vec's work for one matrix (`--quant`, `--k`, `--n`) and number of rows of x (`--rows`): bytes of
 * weights a second, the best first, and where the tuning that the engine chooses stands among them.
 */
export async function tune(args: string[]) {
  const flags = new Flags(args, ['quant', 'k', 'n', 'rows', ...GPU_FLAGS]);
  const format = quantFormat(flags.required('quant'));
  if (!format) throw new HearthError('bad-input', `There is no type ${flags.string('quant')}.`);
  const [k, n, rows] = [flags.integer('k', 2048), flags.integer('n', 2048), flags.integer('rows', 1)];
  const gpu = await openGpu(flags);
  const subgroup = gpu.info.subgroupMinSize || 32;

  const arithmetics =
    gpu.has('shader-f16') && format.wgslF16 ? (['f32', 'f16'] as const) : (['f32'] as const);
  const teams = gpu.has('subgroups') ? (['subgroup', 'workgroup'] as const) : (['workgroup'] as const);
  const results: {
    variant: MatVecVariant;
    tuning: MatVecTuning;
    gb_per_s: number;
    us: number;
    chosen: boolean;
  }[] = [];
  const weights = gpu.buffer(
    'weights',
    Math.min(ROTATED_BYTES, gpu.device.limits.maxStorageBufferBindingSize),
  );

  for (const team of teams) {
    for (const arithmetic of arithmetics) {
      const variant = { team, arithmetic };
      const own = matVecTuning(variant, { k, n, cols: colsFor(rows) }, subgroup);
      for (const tuning of [own, ...candidates(own, k, team === 'subgroup' ? subgroup : 64)]) {
        const us = await time(
          gpu,
          matVec(format, variant),
          { k, n, rows, add: false, tuning },
          weights,
          format.quantsBytes(k) * n,
          format.scalesBytes(k) * n,
        );
        const bytes = (format.quantsBytes(k) + format.scalesBytes(k)) * n;
        results.push({ variant, tuning, gb_per_s: bytes / us / 1e3, us, chosen: tuning === own });
      }
      process.stderr.write(`${team} ${arithmetic} done\n`);
    }
  }
  results.sort((a, b) => b.gb_per_s - a.gb_per_s);
  return {
    quant: format.name,
    k,
    n,
    rows,
    chosen: results.filter(({ chosen }) => chosen),
    best: results.slice(0, 8),
  };
}

function colsFor(rows: number): number {
  return rows === 1 ? 1 : rows === 2 ? 2 : rows <= 4 ? 4 : 8;
}

function candidates(own: MatVecTuning, k: number, mostLanes: number): MatVecTuning[] {
  const units = Math.ceil(k / 32);
  const all: MatVecTuning[] = [];
  for (const lanes of [4, 8, 16, 32].filter((lanes) => lanes <= mostLanes))
    for (const threads of [64, 128, 256])
      for (const rowsPerTeam of [1, 2, 4])
        for (const staged of [8192, 16_384]) {
          const chunks = Math.floor(staged / (128 * own.cols * lanes));
          if (chunks === 0) continue;
          const chunk = lanes * Math.min(chunks, Math.ceil(units / lanes));
          all.push({ ...own, lanes, teams: threads / lanes, rowsPerTeam, chunk });
        }
  return all;
}

/** Median microseconds of one dispatch, over copies of the weights that follow one another. */
async function time(
  gpu: Gpu,
  kernel: ReturnType<typeof matVec>,
  shape: Parameters<ReturnType<typeof matVec>['workgroups']>[0],
  weights: GPUBuffer,
  quantsBytes: number,
  scalesBytes: number,
): Promise<number> {
  const align = (bytes: number) => Math.ceil(bytes / 256) * 256;
  const stride = align(quantsBytes) + align(Math.max(16, scalesBytes));
  const copies = Math.max(1, Math.min(MOST_COPIES, Math.floor(weights.size / stride)));
  const pipeline = await gpu.pipeline(kernel, shape);
  const x = gpu.buffer('x', shape.rows * shape.k * 4);
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
