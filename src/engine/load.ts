import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import type { TensorInfo } from '../../models/gguf/read-gguf.ts';
import { HearthError } from '../protocol/errors.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import {
  type LinearLayout,
  type MatrixLayout,
  matrixBytes,
  scalesOffset,
  type Segment,
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
}

export interface BlockWeights {
  attentionNorm: BufferSlice;
  qkv: Linear;
  qkvBias: BufferSlice | undefined;
  qNorm: BufferSlice | undefined;
  kNorm: BufferSlice | undefined;
  attentionOutput: Linear;
  attentionPostNorm: BufferSlice | undefined;
  ffnNorm: BufferSlice;
  gateUp: Linear;
  down: Linear;
  ffnPostNorm: BufferSlice | undefined;
}

/** Divisors of RoPE's frequencies, one for each pair. */
export interface RopeFactors {
  all: Float32Array | undefined;
  /** LongRoPE's, for a context beyond the original one and for one within it. */
  long: Float32Array | undefined;
  short: Float32Array | undefined;
}

export interface Weights {
  embedding: Linear;
  blocks: BlockWeights[];
  outputNorm: BufferSlice;
  head: Linear;
  ropeFactors: RopeFactors;
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
  const loadLinear = async ({ parts, ...linear }: LinearLayout): Promise<Linear> => {
    const loaded: Linear = { ...linear, parts: [] };
    for (const { matrix, outOffset } of parts)
      loaded.parts.push({ matrix: await loadMatrix(matrix), outOffset });
    return loaded;
  };
  /** One vector, or several side by side. */
  const loadVector = async (...tensors: TensorInfo[]): Promise<BufferSlice> => {
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
  const loadOptional = async (tensor: TensorInfo | undefined) => tensor && loadVector(tensor);
  const readFactors = async (tensor: TensorInfo | undefined) => tensor && readFloats(source, tensor);

  try {
    const embedding = await loadLinear(layout.embedding);
    const blocks: BlockWeights[] = [];
    for (const block of layout.blocks) {
      blocks.push({
        attentionNorm: await loadVector(block.attentionNorm),
        qkv: await loadLinear(block.qkv),
        qkvBias: block.qkvBias.length > 0 ? await loadVector(...block.qkvBias) : undefined,
        qNorm: await loadOptional(block.qNorm),
        kNorm: await loadOptional(block.kNorm),
        attentionOutput: await loadLinear(block.attentionOutput),
        attentionPostNorm: await loadOptional(block.attentionPostNorm),
        ffnNorm: await loadVector(block.ffnNorm),
        gateUp: await loadLinear(block.gateUp),
        down: await loadLinear(block.down),
        ffnPostNorm: await loadOptional(block.ffnPostNorm),
      });
    }
    return {
      embedding,
      blocks,
      outputNorm: await loadVector(layout.outputNorm),
      head: layout.head === layout.embedding ? embedding : await loadLinear(layout.head),
      ropeFactors: {
        all: await readFactors(layout.ropeFactors.all),
        long: await readFactors(layout.ropeFactors.long),
        short: await readFactors(layout.ropeFactors.short),
      },
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** A buffer, or `out-of-memory` where the device would only have told later. */
export async function allocate(
  gpu: Gpu,
  label: string,
  size: number,
  usage?: GPUBufferUsageFlags,
): Promise<GPUBuffer> {
  gpu.device.pushErrorScope('out-of-memory');
  const buffer = gpu.buffer(label, size, usage);
  if (await gpu.device.popErrorScope()) {
    buffer.destroy();
    throw new HearthError(
      'out-of-memory',
      `${gpu.name} has no room for ${(size / 1e6).toFixed(0)} MB more (${label}). Close other pages that use the GPU, or choose a smaller model or quantisation.`,
    );
  }
  return buffer;
}

async function* batches(
  source: ByteSource,
  { tensor, firstRow, rows }: Segment,
): AsyncGenerator<{ bytes: Uint8Array; rows: number }> {
  const rowBytes = tensor.sizeBytes / (tensor.shape[1] ?? 1);
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
