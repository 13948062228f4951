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
import type { BlockWeights, Linear, Weights } from './load.ts';
import type { Plan } from './plan.ts';
import { type KernelTime, profile } from './profile.ts';
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
  singleGateUp,
  singleKernel,
  takesIntegers,
  takesSingle,
  type Variants,
} from './variants.ts';

/** Steps submitted before the first of them is read: hides the readback (3 ms a token in Chromium otherwise). */
const DEPTH = 4;

/** One kernel of a step: what is bound, and how much of it to run. */
export interface Dispatch {
  name: string;
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

  /** What each kernel of a decoding step at position `depth` takes: for a model at rest. */
  async profile(depth: number): Promise<KernelTime[]> {
    for (let index = 0; index <= Math.floor(depth / this.#plan.pageSize); index++)
      this.setPage(0, index, index);
    const sequence = soloSequence(Array.from({ length: depth + 1 }, () => 0));
    const load = this.#stepBuffer.write({
      decodes: [{ sequence, epoch: 0, firstPosition: depth, rows: 1, isOutput: true }],
      prefills: [],
    });
    return profile(this.gpu, sized([...this.#forward, ...this.#sampling.dispatches], load));
  }

  destroy(): void {
    this.#readback.destroy();
    this.#buffers.destroy();
    this.#sampling.destroy();
    this.#stepBuffer.buffer.destroy();
    this.#weights.destroy();
  }
}

export interface SizedDispatch extends Dispatch {
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
        name: kernel.name,
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

  /** What a linear map reads: rows in f32, normed first if there is a weight. `scratch` has room for what is made of them. */
  interface Source {
    raw: BufferSlice;
    weight?: BufferSlice;
    scratch: BufferSlice;
  }
  const norm = { dim, eps: normEps };

  /** Makes of a source what `map` reads, and says where that is: as it is, normed in f32, or in int8. */
  const prepare = (map: Linear, { raw, weight, scratch }: Source, of: typeof rows): BufferSlice => {
    const isInteger = takesIntegers(variants, map);
    if (weight && isInteger)
      add(
        rmsNormQuantize,
        { ...norm, threads: Math.max(variants.normThreads, variants.quantizeThreads) },
        of,
        [raw, weight, scratch],
      );
    else if (weight) add(rmsNorm, { ...norm, threads: variants.normThreads }, of, [raw, weight, scratch]);
    else if (isInteger)
      add(quantize, { dim: map.inputs, threads: variants.quantizeThreads }, of, [raw, scratch]);
    else return raw;
    return scratch;
  };

  /** All parts of a map, from what `prepare` or a kernel of the map's own kind has made. */
  const multiply = (
    map: Linear,
    from: BufferSlice,
    to: BufferSlice,
    { addTo = false, of = rows, count = stepBuffer.rowCount } = {},
  ) => {
    const kernels = takesIntegers(variants, map) ? integerKernels : linearKernels;
    for (const { matrix, outOffset } of map.parts) {
      const shape = { k: map.inputs, n: matrix.rows, add: addTo, outStride: map.outputs, outOffset };
      for (const { kernel, takes } of kernels(variants, matrix)) {
        const wanted = (load: StepLoad) => (takes(of(load).rows) ? of(load) : undefined);
        add(kernel, shape, wanted, [matrix.quants, matrix.scales, from, to, count]);
      }
    }
  };

  /** Of the load, what is not for the kernels that take a single row as it is. */
  const unlessSingle = (isSingle: boolean, of: typeof rows) => (load: StepLoad) =>
    isSingle && of(load).rows === 1 ? { rows: 0 } : of(load);
  const ifSingle = (of: typeof rows) => (load: StepLoad) => (of(load).rows === 1 ? of(load) : undefined);

  const linear = (
    map: Linear,
    source: Source,
    to: BufferSlice,
    { addTo = false, of = rows, count = stepBuffer.rowCount } = {},
  ) => {
    const isSingle = takesSingle(variants, map);
    if (isSingle) {
      for (const { matrix, outOffset } of map.parts) {
        const size = { k: map.inputs, n: matrix.rows, add: addTo, outStride: map.outputs, outOffset };
        const kernel = singleKernel(variants, matrix, source.weight ? 'normed' : 'plain');
        const slices = [matrix.quants, matrix.scales, source.raw, to, count];
        add(kernel, { ...size, eps: normEps }, ifSingle(of), withWeight(slices, source));
      }
    }
    const others = unlessSingle(isSingle, of);
    multiply(map, prepare(map, source, others), to, { addTo, of: others, count });
  };
  const withWeight = (slices: BufferSlice[], { weight }: Source) => (weight ? [...slices, weight] : slices);

  /** silu(gate) * up of the source in `middle`, as `down` reads it. */
  const swigluOf = (map: Linear, down: Linear, source: Source) => {
    const [part] = map.parts;
    const isFused = map.parts.length === 1 && takesIntegers(variants, map) && takesIntegers(variants, down);
    const isSingle = isFused && takesSingle(variants, map);
    const { quants, scales } = part!.matrix;
    if (isSingle) {
      const kernel = singleGateUp(variants, part!.matrix, source.weight ? 'normed' : 'plain');
      const slices = [quants, scales, source.raw, middle, stepBuffer.rowCount];
      add(kernel, { k: dim, ffn, eps: normEps }, ifSingle(rows), withWeight(slices, source));
    }
    const others = unlessSingle(isSingle, rows);
    const from = prepare(map, source, others);
    const fused = isFused ? gateUpKernels(variants, part!.matrix) : [];
    for (const { kernel, takes } of fused) {
      const wanted = (load: StepLoad) => (takes(others(load).rows) ? rows(load) : undefined);
      add(kernel, { k: dim, ffn }, wanted, [quants, scales, from, middle, stepBuffer.rowCount]);
    }
    const many = (load: StepLoad) => (fused.some(({ takes }) => takes(load.rows)) ? { rows: 0 } : rows(load));
    multiply(map, from, wide, { of: many });
    if (takesIntegers(variants, down))
      add(swigluQuantize, { dim: ffn, threads: variants.quantizeThreads }, many, [wide, middle]);
    else add(swiglu, { dim: ffn, threads }, many, [wide, middle]);
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
    add(attentionDecode(plan.kv, variants.attention, decodeShape), decodeShape, decodes, [
      ...cache,
      stepBuffer.rows,
      narrow,
      partials,
    ]);
    add(attentionCombine, decodeShape, decodes, [partials, stepBuffer.rows, narrow]);
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

  /** down(act(gate) · up) of x, normed. Where `down` reads integers, SwiGLU's kernels have made them. */
  const feedForward = ({ ffnNorm, gateUp, down }: BlockWeights, to: BufferSlice, addTo: boolean) => {
    const normed = { raw: x, weight: ffnNorm, scratch: narrow };
    if (config.activation === 'silu') {
      swigluOf(gateUp, down, normed);
      multiply(down, middle, to, { addTo });
    } else {
      linear(gateUp, normed, wide);
      add(geglu, { dim: ffn, threads }, rows, [wide, middle]);
      linear(down, { raw: middle, scratch: wide }, to, { addTo });
    }
  };

  /** What `write` gives, added to x: at once, or by way of `spare` and the post-norm of families that have one. */
  const addToX = (
    postNorm: BufferSlice | undefined,
    spare: BufferSlice,
    write: (to: BufferSlice, addTo: boolean) => void,
  ) => {
    if (!postNorm) return write(x, true);
    write(spare, false);
    add(rmsNorm, { ...norm, threads: variants.normThreads, add: true }, rows, [spare, postNorm, x]);
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
    linear(block.qkv, { raw: x, weight: block.attentionNorm, scratch: narrow }, wide);
    if (block.qkvBias) add(bias, { dim: block.qkv.outputs, threads }, rows, [block.qkvBias, wide]);
    if (block.qNorm && block.kNorm) {
      const shape = { heads, kvHeads, headDim, eps: normEps, threads: Math.min(32, variants.normThreads) };
      add(headNorm, shape, rows, [block.qNorm, block.kNorm, wide]);
    }
    turn(k, v, rope);
    attention(k, v, window);
    addToX(block.attentionPostNorm, wide, (to, addTo) =>
      linear(block.attentionOutput, { raw: narrow, scratch: middle }, to, { addTo }),
    );

    addToX(block.ffnPostNorm, narrow, (to, addTo) => feedForward(block, to, addTo));
  }
  add(gather, { dim }, rows, [x, stepBuffer.rows, outputs, stepBuffer.rowCount]);
  linear(weights.head, { raw: outputs, weight: weights.outputNorm, scratch: outputsNormed }, logits, {
    of: outputRows,
    count: stepBuffer.outputCount,
  });
  return Promise.all(pending);
}
