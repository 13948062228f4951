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
import type { Buffers } from './buffers.ts';
import type { Dispatch } from './dispatch.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import type { BlockWeights, Linear, Weights } from './load.ts';
import type { Plan } from './plan.ts';
import type { Sampling } from './sampling.ts';
import type { StepBuffer, StepLoad } from './step-buffer.ts';
import {
  gateUpKernels,
  integerKernels,
  linearKernels,
  singleGateUp,
  singleKernel,
  takesIntegers,
  takesSingle,
  type Variants,
} from './variants.ts';

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
export async function buildForward({
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
