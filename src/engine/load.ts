import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { type ModelRoles, type RopeFactorRoles, replaceLeaves } from '../../models/architectures/index.ts';
import type { TensorInfo } from '../../models/gguf/read-gguf.ts';
import { allOrNothing } from './all-or-nothing.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import {
  type LayoutLeaf,
  type LinearLayout,
  type MatrixLayout,
  matrixBytes,
  scalesOffset,
  type Segment,
  type StackLayout,
  type StackPart,
  type StackShape,
  type WeightsLayout,
} from './layout.ts';

/** Bytes of the file that are in the JavaScript heap at once. */
const BATCH_BYTES = 8 * 2 ** 20;

export interface Matrix extends MatrixLayout {
  quants: BufferSlice;
  scales: BufferSlice;
}

export interface Linear {
  inputs: number;
  outputs: number;
  parts: { matrix: Matrix; outOffset: number }[];
  /** What adapters add to it: none if absent. */
  lora?: readonly Lora[];
}

/** factor · scale · B (A x), with the scale of the row's sequence. */
export interface Lora {
  /** Of the model's matrix. */
  name: string;
  a: Linear;
  b: Linear;
  factor: number;
  /** (rows, rank), between A and B. */
  hidden: BufferSlice;
  /** (slots) */
  scales: BufferSlice;
}

/** A linear map of each expert. */
export interface Stack extends StackShape {
  parts: StackPart<Matrix>[];
}

/** Divisors of RoPE's frequencies, one for each pair. */
export type RopeFactors = RopeFactorRoles<Float32Array>;

export interface Weights extends ModelRoles<Linear, Stack, BufferSlice, Float32Array> {
  /** All of its linear maps. */
  linears: readonly Linear[];
  destroy(): void;
}

export interface LoadOptions {
  signal?: AbortSignal;
  onProgress?(doneBytes: number): void;
}

/**
 * Streams every tensor from the file into its buffer, a batch of rows at a time, repacked on the way. Fails
 * with `out-of-memory` if the device has no room, and leaves nothing behind.
 */
export async function loadWeights(
  gpu: Gpu,
  source: ByteSource,
  layout: WeightsLayout,
  options: LoadOptions = {},
): Promise<Weights> {
  const buffers: GPUBuffer[] = [];
  const destroy = () => {
    for (const buffer of buffers) buffer.destroy();
  };
  const progress = { doneBytes: 0 };

  const loadMatrix = async (matrix: MatrixLayout): Promise<Matrix> => {
    const buffer = await allocate(gpu, matrix.name, matrixBytes(matrix));
    buffers.push(buffer);
    const scalesAt = scalesOffset(matrix);
    let row = 0;
    for (const segment of matrix.segments) {
      for await (const { bytes, rows } of batches(source, segment)) {
        options.signal?.throwIfAborted();
        const { quants, scales } = matrix.format.pack(bytes, rows, matrix.k);
        gpu.device.queue.writeBuffer(buffer, row * matrix.format.quantsBytes(matrix.k), quants);
        if (scales.length > 0)
          gpu.device.queue.writeBuffer(buffer, scalesAt + row * matrix.format.scalesBytes(matrix.k), scales);
        row += rows;
        progress.doneBytes += bytes.byteLength;
        options.onProgress?.(progress.doneBytes);
      }
      // Without this the browser would hold a copy of the whole model until the first step
      await gpu.device.queue.onSubmittedWorkDone();
    }
    return {
      ...matrix,
      quants: { buffer, offset: 0, size: matrix.quantsBytes },
      scales: { buffer, offset: scalesAt, size: Math.max(matrix.scalesBytes, 16) },
    };
  };
  const loadLinear = async ({ inputs, outputs, parts }: LinearLayout): Promise<Linear> => {
    const loaded: Linear = { inputs, outputs, parts: [] };
    for (const { matrix, outOffset } of parts)
      loaded.parts.push({ matrix: await loadMatrix(matrix), outOffset });
    return loaded;
  };
  const loadStack = async ({ leaf: _, ...stack }: StackLayout): Promise<Stack> => {
    const parts: Stack['parts'] = [];
    for (const part of stack.parts) parts.push({ ...part, matrix: await loadMatrix(part.matrix) });
    return { ...stack, parts };
  };
  /** One vector, or several side by side. */
  const loadVector = async (tensors: readonly TensorInfo[]): Promise<BufferSlice> => {
    const bytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const buffer = await allocate(gpu, tensors[0]!.name, bytes);
    buffers.push(buffer);
    let at = 0;
    for (const tensor of tensors) {
      const values = await readFloats(source, tensor);
      gpu.device.queue.writeBuffer(buffer, at, values);
      at += values.byteLength;
    }
    return { buffer };
  };
  const load = (leaf: LayoutLeaf) => {
    if (leaf.leaf === 'linear') return loadLinear(leaf);
    if (leaf.leaf === 'stack') return loadStack(leaf);
    return leaf.leaf === 'vector' ? loadVector(leaf.tensors) : readFloats(source, leaf.tensors[0]!);
  };

  try {
    const { bytes: _, ...roles } = layout;
    // A tied head is the same leaf as the embedding
    const leaves = new Set<LayoutLeaf>();
    replaceLeaves(roles, (leaf: LayoutLeaf) => leaves.add(leaf));
    const loaded = new Map<LayoutLeaf, Awaited<ReturnType<typeof load>>>();
    for (const leaf of leaves) loaded.set(leaf, await load(leaf));
    const linears = [...loaded].flatMap(([{ leaf }, value]) => (leaf === 'linear' ? [value as Linear] : []));
    return { ...replaceLeaves<Weights, LayoutLeaf>(roles, (leaf) => loaded.get(leaf)), linears, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** Uploads the weights for what is made of them, and frees them if that fails. */
export function withWeights<T>(
  gpu: Gpu,
  layout: WeightsLayout,
  options: LoadOptions & { source: ByteSource },
  make: (weights: Weights) => Promise<T>,
): Promise<T> {
  return allOrNothing(async (own) => make(own(await loadWeights(gpu, options.source, layout, options))));
}

/** A buffer, or `out-of-memory` where the device would only have told later. */
export async function allocate(
  gpu: Gpu,
  label: string,
  size: number,
  usage?: GPUBufferUsageFlags,
): Promise<GPUBuffer> {
  const buffer = gpu.buffer(label, size, usage);
  await gpu.mustHave([buffer]);
  return buffer;
}

async function* batches(
  source: ByteSource,
  { tensor, firstRow, rows }: Segment,
): AsyncGenerator<{ bytes: Uint8Array; rows: number }> {
  const rowBytes = tensor.sizeBytes / tensor.shape.slice(1).reduce((rows, length) => rows * length, 1);
  const rowsPerBatch = Math.max(1, Math.floor(BATCH_BYTES / rowBytes));
  for (let row = firstRow; row < firstRow + rows; row += rowsPerBatch) {
    const count = Math.min(rowsPerBatch, firstRow + rows - row);
    yield { bytes: await source.read(tensor.offset + row * rowBytes, count * rowBytes), rows: count };
  }
}

/** A vector, which the layout has seen to be F32. */
async function readFloats(
  source: ByteSource,
  { offset, sizeBytes }: TensorInfo,
): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await source.read(offset, sizeBytes);
  return new Float32Array(bytes.slice().buffer);
}
