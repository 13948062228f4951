import {
  attentionCombine,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
  decodeChunks,
} from '../../kernels/attention/attention.ts';
import { bias } from '../../kernels/bias/bias.ts';
import { embedding } from '../../kernels/embedding/embedding.ts';
import { gather } from '../../kernels/gather/gather.ts';
import { geglu } from '../../kernels/geglu/geglu.ts';
import { headNorm } from '../../kernels/head-norm/head-norm.ts';
import type { Kernel } from '../../kernels/kernel.ts';
import { quantize, rmsNormQuantize, swigluQuantize } from '../../kernels/quantize/quantize.ts';
import { rmsNorm } from '../../kernels/rms-norm/rms-norm.ts';
import { rope as ropeKernel } from '../../kernels/rope/rope.ts';
import { swiglu } from '../../kernels/swiglu/swiglu.ts';
import type { BlockAttention, ModelConfig } from '../../models/architectures/index.ts';
import { Buffers } from './buffers.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import type { Linear, Weights } from './load.ts';
import type { Plan } from './plan.ts';
import { Readback } from './readback.ts';
import { Sampling } from './sampling.ts';
import type { StepPlan } from './schedule.ts';
import { type Sequence, soloSequence } from './sequence.ts';
import { StepBuffer, type StepLoad } from './step-buffer.ts';
import type { Stepper, StepResult } from './stepper.ts';
import {
  chooseVariants,
  gateUpKernels,
  integerKernels,
  linearKernels,
  takesIntegers,
  type Variants,
} from './variants.ts';

/** Steps submitted before the first of them is read: hides the readback (3 ms a token in Chromium otherwise). */
const DEPTH = 4;

/** One kernel of a step: what is bound, and how much of it to run. */
export interface Dispatch {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** Nothing to do where it gives undefined or a zero. */
  workgroups(load: StepLoad): readonly [x: number, y?: number, z?: number] | undefined;
}

/**
 * The forward pass of a model for up to `plan.maxRows` rows of any sequences, on buffers and bind groups made
 * once. Read `create` top to bottom: it is the model.
 */
export class Step implements Stepper {
  readonly depth = DEPTH;
  readonly keepsPages = true;
  readonly gpu: Gpu;
  readonly #plan: Plan;
  readonly #config: ModelConfig;
  readonly #buffers: Buffers;
  readonly #stepBuffer: StepBuffer;
  readonly #sampling: Sampling;
  readonly #readback: Readback;
  readonly #forward: Dispatch[];
  readonly #weights: Weights;
  readonly #variants: Variants;
  #last: { size: string; dispatches: SizedDispatch[] } | undefined;

  static async create(gpu: Gpu, config: ModelConfig, plan: Plan, weights: Weights): Promise<Step> {
    const buffers = await Buffers.create(gpu, config, plan, weights.ropeFactors);
    const stepBuffer = new StepBuffer(gpu, plan);
    const variants = chooseVariants(gpu);
    const sampling = await Sampling.create({
      gpu,
      vocab: config.vocab,
      plan,
      buffers,
      stepBuffer,
      variants,
    });
    const forward = await buildForward({
      gpu,
      config,
      plan,
      weights,
      buffers,
      stepBuffer,
      sampling,
      variants,
    });
    return new Step(gpu, config, plan, weights, buffers, stepBuffer, sampling, forward, variants);
  }

  private constructor(
    gpu: Gpu,
    config: ModelConfig,
    plan: Plan,
    weights: Weights,
    buffers: Buffers,
    stepBuffer: StepBuffer,
    sampling: Sampling,
    forward: Dispatch[],
    variants: Variants,
  ) {
    this.gpu = gpu;
    this.#config = config;
    this.#plan = plan;
    this.#weights = weights;
    this.#buffers = buffers;
    this.#stepBuffer = stepBuffer;
    this.#sampling = sampling;
    this.#forward = forward;
    this.#variants = variants;
    this.#readback = new Readback(
      gpu,
      DEPTH,
      Math.max(sampling.resultBytes(plan.slots), plan.slots * config.vocab * 4),
    );
  }

  /** What was chosen for this adapter, by name. */
  get variants(): Record<string, string> {
    const { attention, team, arithmetic, dp4a } = this.#variants;
    return { arithmetic, integers: dp4a ? 'dp4a' : 'none', team, attention, kv: this.#plan.kv };
  }

  setPage(slot: number, index: number, page: number): void {
    this.#buffers.setPage(slot, index, page);
  }

  setSampler(sequence: Sequence): void {
    this.#sampling.set(sequence);
  }

  /** Submits a step; what it writes is there for the next one at once, and for us when this resolves. */
  async run(plan: StepPlan): Promise<StepResult> {
    const load = this.#stepBuffer.write(plan);
    const bytes = this.#sampling.resultBytes(load.outputs);
    const { results, busyMs } = await this.#readback.submit(
      (pass) => {
        this.#encodeForward(pass, load);
        encode(pass, sized(this.#sampling.dispatches, load));
      },
      this.#sampling.results,
      bytes,
    );
    this.gpu.check();
    return { ids: this.#sampling.idsOf(results, load.outputs), busyMs };
  }

  /** Logits after each of `ids`, or only after the last. Uses slot 0 and the first pages: for a model at rest. */
  async logits(ids: readonly number[], all: boolean): Promise<Float32Array[]> {
    const { vocab } = this.#config;
    const { pageSize, slots, maxRows } = this.#plan;
    for (let index = 0; index < Math.ceil(ids.length / pageSize); index++) this.setPage(0, index, index);

    const sequence = soloSequence(ids);
    const rows: Float32Array[] = [];
    const chunkRows = all ? Math.min(slots, maxRows) : maxRows;
    for (let first = 0; first < ids.length; first += chunkRows) {
      const count = Math.min(chunkRows, ids.length - first);
      const chunk = {
        sequence,
        epoch: 0,
        firstPosition: first,
        rows: count,
        isOutput: first + count === ids.length,
      };
      const each = Array.from({ length: count }, (_, row) => ({
        ...chunk,
        firstPosition: first + row,
        rows: 1,
        isOutput: true,
      }));
      const load = this.#stepBuffer.write({ decodes: [], prefills: all ? each : [chunk] });
      const bytes = load.outputs * vocab * 4;
      const { results } = await this.#readback.submit(
        (pass) => this.#encodeForward(pass, load),
        this.#buffers.activations.logits.buffer,
        bytes,
      );
      this.gpu.check();
      const values = new Float32Array(results);
      for (let output = 0; output < load.outputs; output++)
        rows.push(values.slice(output * vocab, (output + 1) * vocab));
    }
    return rows;
  }

  /** Most steps are as large as the one before: what is dispatched is found out once. */
  #encodeForward(pass: GPUComputePassEncoder, load: StepLoad): void {
    const { rows, outputs, decodes, tiles, depth } = load;
    const size = [rows, outputs, decodes, tiles, Math.ceil(depth / this.#variants.chunkPositions)].join();
    if (this.#last?.size !== size) this.#last = { size, dispatches: sized(this.#forward, load) };
    encode(pass, this.#last.dispatches);
  }

  destroy(): void {
    this.#readback.destroy();
    this.#buffers.destroy();
    this.#sampling.destroy();
    this.#stepBuffer.buffer.destroy();
    this.#weights.destroy();
  }
}

interface SizedDispatch extends Dispatch {
  size: readonly [x: number, y?: number, z?: number];
}

/** Those that have something to do. */
function sized(dispatches: readonly Dispatch[], load: StepLoad): SizedDispatch[] {
  return dispatches.flatMap((dispatch) => {
    const size = dispatch.workgroups(load);
    return size && !size.includes(0) ? [{ ...dispatch, size }] : [];
  });
}

function encode(pass: GPUComputePassEncoder, dispatches: readonly SizedDispatch[]): void {
  for (const { pipeline, bindGroup, size } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...size);
  }
}

interface Parts {
  gpu: Gpu;
  config: ModelConfig;
  plan: Plan;
  weights: Weights;
  buffers: Buffers;
  stepBuffer: StepBuffer;
  sampling: Sampling;
  variants: Variants;
}

/** Embedding, blocks, head: every dispatch of a step up to the logits, in order. */
async function buildForward({
  gpu,
  config,
  plan,
  weights,
  buffers,
  stepBuffer,
  sampling,
  variants,
}: Parts): Promise<Dispatch[]> {
  const pending: Promise<Dispatch>[] = [];
  const { x, wide, middle, narrow, outputs, outputsNormed, logits, partials } = buffers.activations;
  const { pages, caches, rotations } = buffers;
  const { heads, kvHeads, headDim, rotaryDim, ropePairs, dim, normEps, ffn } = config;
  const { threads } = variants;

  /** One kernel; its shape's changing sizes come from the load. */
  const add = <Shape extends object, Sizes extends keyof Shape>(
    kernel: Kernel<Shape>,
    shape: Omit<Shape, Sizes>,
    sizes: (load: StepLoad) => Pick<Shape, Sizes> | undefined,
    slices: BufferSlice[],
  ) => {
    const make = async (): Promise<Dispatch> => {
      const pipeline = await gpu.pipeline(kernel, shape as Shape);
      return {
        pipeline: pipeline.pipeline,
        bindGroup: gpu.bind(pipeline, slices),
        workgroups(load) {
          const now = sizes(load);
          return now && kernel.workgroups({ ...shape, ...now } as Shape);
        },
      };
    };
    pending.push(make());
  };
  const rows = ({ rows }: StepLoad) => ({ rows });
  const outputRows = ({ outputs }: StepLoad) => ({ rows: outputs });

  // What a linear map in int8 reads is quantized by whatever makes it
  const norm = (from: BufferSlice, weight: BufferSlice, to: BufferSlice, of: typeof rows, next: Linear) =>
    takesIntegers(variants, next)
      ? add(rmsNormQuantize, { dim, eps: normEps, threads: Math.max(8, variants.normThreads) }, of, [
          from,
          weight,
          to,
        ])
      : add(rmsNorm, { dim, eps: normEps, threads: variants.normThreads }, of, [from, weight, to]);

  const linear = (
    map: Linear,
    from: BufferSlice,
    to: BufferSlice,
    addTo: boolean,
    of: typeof rows,
    count: BufferSlice,
  ) => {
    const { inputs, outputs: outStride, parts } = map;
    const kernels = takesIntegers(variants, map) ? integerKernels : linearKernels;
    for (const { matrix, outOffset } of parts) {
      const shape = { k: inputs, n: matrix.rows, add: addTo, outStride, outOffset };
      for (const { kernel, takes } of kernels(variants, matrix)) {
        const wanted = (load: StepLoad) => (takes(of(load).rows) ? of(load) : undefined);
        add(kernel, shape, wanted, [matrix.quants, matrix.scales, from, to, count]);
      }
    }
  };
  const linearRows = (map: Linear, from: BufferSlice, to: BufferSlice, addTo = false) =>
    linear(map, from, to, addTo, rows, stepBuffer.rowCount);

  /** silu(gate) * up of `narrow` in `middle`, as `down` reads it. */
  const gateUp = (map: Linear, down: Linear) => {
    const [part] = map.parts;
    const isFused = map.parts.length === 1 && takesIntegers(variants, map) && takesIntegers(variants, down);
    const fused = isFused ? gateUpKernels(variants, part!.matrix) : [];
    for (const { kernel, takes } of fused) {
      const { quants, scales } = part!.matrix;
      const wanted = (load: StepLoad) => (takes(load.rows) ? rows(load) : undefined);
      add(kernel, { k: dim, ffn }, wanted, [quants, scales, narrow, middle, stepBuffer.rowCount]);
    }
    const others = (load: StepLoad) =>
      fused.some(({ takes }) => takes(load.rows)) ? { rows: 0 } : rows(load);
    linear(map, narrow, wide, false, others, stepBuffer.rowCount);
    if (takesIntegers(variants, down))
      add(swigluQuantize, { dim: ffn, threads: variants.quantizeThreads }, others, [wide, middle]);
    else add(swiglu, { dim: ffn, threads }, others, [wide, middle]);
  };

  const kvShape = { kvHeads, headDim, page: plan.pageSize, maxPages: plan.maxPages };
  const attention = (k: BufferSlice, v: BufferSlice, window: number) => {
    const attentionShape = { ...kvShape, heads, scale: config.attentionScale, window };
    const cache = [middle, k, v, pages];
    if (variants.attention === 'simple') {
      add(attentionSimple(plan.kv), { ...attentionShape, threads }, rows, [
        ...cache,
        stepBuffer.rows,
        narrow,
      ]);
      return;
    }
    const decodeShape = {
      ...attentionShape,
      chunkPositions: variants.chunkPositions,
      subgroupSize: variants.subgroupSize,
      threads: 256,
    };
    const decodes = ({ decodes, depth }: StepLoad) =>
      decodes > 0
        ? { rows: decodes, chunks: decodeChunks(depth - 1, { ...decodeShape, rows: 0, chunks: 0 }) }
        : undefined;
    add(attentionDecode(plan.kv, variants.attention), decodeShape, decodes, [
      ...cache,
      stepBuffer.rows,
      narrow,
      partials,
    ]);
    add(
      attentionCombine,
      decodeShape,
      (load) => {
        const sizes = decodes(load);
        return sizes && sizes.chunks > 1 ? sizes : undefined;
      },
      [partials, stepBuffer.rows, narrow],
    );
    add(attentionPrefill(plan.kv), attentionShape, ({ tiles }) => (tiles > 0 ? { tiles } : undefined), [
      ...cache,
      stepBuffer.tiles,
      narrow,
    ]);
  };

  const turn = (k: BufferSlice, v: BufferSlice, rope: BlockAttention['rope']) => {
    const turned = rope === undefined ? 0 : rotaryDim;
    add(ropeKernel(plan.kv), { ...kvShape, heads, rotaryDim: turned, pairs: ropePairs, threads }, rows, [
      wide,
      rotations[rope ?? 0]!,
      pages,
      stepBuffer.rows,
      middle,
      k,
      v,
    ]);
  };

  /** A linear map's outputs added to x, through the post-norm of families that have one; `spare` is for what it reads. */
  const addToX = (map: Linear, from: BufferSlice, postNorm: BufferSlice | undefined, spare: BufferSlice) => {
    if (!postNorm) return linearRows(map, from, x, true);
    linearRows(map, from, spare);
    add(rmsNorm, { dim, eps: normEps, threads: variants.normThreads, add: true }, rows, [spare, postNorm, x]);
  };

  /** act(gate) · up of `narrow`, as `down` reads it, and where that is. */
  const activated = (map: Linear, down: Linear): BufferSlice => {
    if (config.activation === 'silu') {
      gateUp(map, down);
      return middle;
    }
    linearRows(map, narrow, wide);
    add(geglu, { dim: ffn, threads }, rows, [wide, middle]);
    if (!takesIntegers(variants, down)) return middle;
    add(quantize, { dim: ffn, threads: variants.quantizeThreads }, rows, [middle, wide]);
    return wide;
  };

  for (const { matrix, outOffset } of weights.embedding.parts) {
    const shape = { k: dim, firstId: outOffset, ids: matrix.rows, scale: config.embeddingScale };
    add(embedding(matrix.format), shape, rows, [
      matrix.quants,
      matrix.scales,
      stepBuffer.rows,
      sampling.sampled,
      x,
    ]);
  }
  for (const [i, block] of weights.blocks.entries()) {
    const { k, v } = caches[i]!;
    const { window, rope } = config.attention[i]!;
    norm(x, block.attentionNorm, narrow, rows, block.qkv);
    linearRows(block.qkv, narrow, wide);
    if (block.qkvBias) add(bias, { dim: block.qkv.outputs, threads }, rows, [block.qkvBias, wide]);
    if (block.qNorm && block.kNorm) {
      const shape = { heads, kvHeads, headDim, eps: normEps, threads: Math.min(32, variants.normThreads) };
      add(headNorm, shape, rows, [block.qNorm, block.kNorm, wide]);
    }
    turn(k, v, rope);
    attention(k, v, window);
    if (takesIntegers(variants, block.attentionOutput)) {
      add(quantize, { dim: heads * headDim, threads: variants.quantizeThreads }, rows, [narrow, middle]);
      addToX(block.attentionOutput, middle, block.attentionPostNorm, wide);
    } else addToX(block.attentionOutput, narrow, block.attentionPostNorm, wide);

    norm(x, block.ffnNorm, narrow, rows, block.gateUp);
    addToX(block.down, activated(block.gateUp, block.down), block.ffnPostNorm, narrow);
  }
  add(gather, { dim }, rows, [x, stepBuffer.rows, outputs, stepBuffer.rowCount]);
  norm(outputs, weights.outputNorm, outputsNormed, outputRows, weights.head);
  linear(weights.head, outputsNormed, logits, false, outputRows, stepBuffer.outputCount);
  return Promise.all(pending);
}
