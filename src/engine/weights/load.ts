import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import { type ModelRoles, type RopeFactorRoles, replaceLeaves } from '../../../models/architectures/index.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import {
  type LayoutLeaf,
  type LinearLayout,
  type MatrixLayout,
  matrixBytes,
  scalesOffset,
  type StackLayout,
  type StackPart,
  type StackShape,
  type WeightsLayout,
} from './layout.ts';
import { openUpload, type ReadRows, type Rows } from './upload.ts';

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

/** A model's weights on the device: the buffers are there at once, so that dispatches can be built, and then filled. */
export interface Loading {
  weights: Weights;
  /** Streams every tensor from the file into its buffer, packed on the way, until all are there or `weights` is destroyed. Once. */
  fill(): Promise<void>;
}

/** Fails with `out-of-memory` if the device has no room, and leaves nothing behind. */
export async function allocateWeights(
  gpu: Gpu,
  source: ByteSource,
  layout: WeightsLayout,
  options: LoadOptions = {},
): Promise<Loading> {
  const upload = await openUpload(gpu, layout);
  const buffers: GPUBuffer[] = [];
  const writes: Write[] = [];
  let isDestroyed = false;
  const destroy = () => {
    isDestroyed = true;
    for (const buffer of buffers) buffer.destroy();
  };

  const newBuffer = async (label: string, bytes: number): Promise<GPUBuffer> => {
    const buffer = await allocate(gpu, label, bytes);
    buffers.push(buffer);
    return buffer;
  };
  const newMatrix = async (matrix: MatrixLayout): Promise<Matrix> => {
    const buffer = await newBuffer(matrix.name, matrixBytes(matrix));
    const made = {
      ...matrix,
      quants: { buffer, offset: 0, size: matrix.quantsBytes },
      scales: { buffer, offset: scalesOffset(matrix), size: Math.max(matrix.scalesBytes, 16) },
    };
    writes.push(...matrixWrites(made, upload.pieceBytes));
    return made;
  };
  const newLinear = async ({ inputs, outputs, parts }: LinearLayout): Promise<Linear> => ({
    inputs,
    outputs,
    parts: await Promise.all(
      parts.map(async ({ matrix, outOffset }) => ({ matrix: await newMatrix(matrix), outOffset })),
    ),
  });
  const newStack = async ({ leaf: _, ...stack }: StackLayout): Promise<Stack> => ({
    ...stack,
    parts: await Promise.all(
      stack.parts.map(async (part) => ({ ...part, matrix: await newMatrix(part.matrix) })),
    ),
  });
  /** One vector, or several side by side. */
  const newVector = async (tensors: readonly TensorInfo[]): Promise<BufferSlice> => {
    const bytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const buffer = await newBuffer(tensors[0]!.name, bytes);
    let at = 0;
    for (const { offset, sizeBytes } of tensors) {
      const to = at;
      writes.push({ offset, bytes: sizeBytes, buffer, to });
      at += sizeBytes;
    }
    return { buffer };
  };
  const newLeaf = (leaf: LayoutLeaf) => {
    if (leaf.leaf === 'linear') return newLinear(leaf);
    if (leaf.leaf === 'stack') return newStack(leaf);
    return leaf.leaf === 'vector' ? newVector(leaf.tensors) : readFloats(source, leaf.tensors[0]!);
  };

  const { bytes: _, longestRowBytes: __, ...roles } = layout;
  // A tied head is the same leaf as the embedding
  const leaves = new Set<LayoutLeaf>();
  replaceLeaves(roles, (leaf: LayoutLeaf) => leaves.add(leaf));
  const made = await Promise.allSettled(
    [...leaves].map(async (leaf) => [leaf, await newLeaf(leaf)] as const),
  );
  const failed = made.find((result) => result.status === 'rejected');
  if (failed) {
    destroy();
    upload.destroy();
    throw failed.reason;
  }
  const loaded = new Map(made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  const linears = [...loaded].flatMap(([{ leaf }, value]) => (leaf === 'linear' ? [value as Linear] : []));
  const weights = {
    ...replaceLeaves<Weights, LayoutLeaf>(roles, (leaf) => loaded.get(leaf)),
    linears,
    destroy,
  };

  async function fill(): Promise<void> {
    try {
      // As the file has them, which is how disks like to be read
      writes.sort((a, b) => a.offset - b.offset);
      let doneBytes = 0;
      for await (const { write, read } of readAhead(source, writes)) {
        const send = 'matrix' in write ? await upload.ready(write) : sendVector(gpu, write);
        options.signal?.throwIfAborted();
        if (isDestroyed) return;
        send(read);
        doneBytes += write.bytes;
        options.onProgress?.(doneBytes);
      }
      await gpu.device.queue.onSubmittedWorkDone();
    } catch (error) {
      throw (await gpu.hasGone()) ? await gpu.failure(error) : error;
    } finally {
      upload.destroy();
    }
  }
  return { weights, fill };
}

/** What is put somewhere of the file: rows of a matrix, or a vector. */
type Write = { offset: number } & (Rows | VectorWrite);

interface VectorWrite {
  bytes: number;
  buffer: GPUBuffer;
  to: number;
}

function sendVector(gpu: Gpu, { bytes, buffer, to }: VectorWrite): (read: ReadRows) => void {
  return (read) => {
    const vector = new Uint8Array(bytes);
    read(vector);
    gpu.device.queue.writeBuffer(buffer, to, vector);
  };
}

/** A matrix in pieces of whole rows. */
function matrixWrites(matrix: Matrix, pieceBytes: number): Write[] {
  const rowBytes = matrix.format.rowBytes(matrix.k);
  const most = Math.max(1, Math.floor(pieceBytes / rowBytes));
  const writes: Write[] = [];
  let firstRow = 0;
  for (const { tensor, ...segment } of matrix.segments) {
    for (let done = 0; done < segment.rows; done += most) {
      const rows = Math.min(most, segment.rows - done);
      const offset = tensor.offset + (segment.firstRow + done) * rowBytes;
      writes.push({ offset, matrix, firstRow: firstRow + done, rows, bytes: rows * rowBytes });
    }
    firstRow += segment.rows;
  }
  return writes;
}

/** Each write and what reads its bytes. Where reading takes its time, the next is being read meanwhile. */
async function* readAhead(source: ByteSource, writes: readonly Write[]) {
  const { readInto } = source;
  if (readInto) {
    for (const write of writes)
      yield { write, read: (into: Uint8Array<ArrayBuffer>) => readInto(write.offset, into) };
    return;
  }
  const start = ({ offset, bytes }: Write) => {
    const reading = source.read(offset, bytes);
    // It may fail before anybody waits for it
    reading.catch(() => {});
    return reading;
  };
  let next = writes[0] && start(writes[0]);
  for (const [i, write] of writes.entries()) {
    const bytes = await next!;
    next = writes[i + 1] && start(writes[i + 1]!);
    yield { write, read: (into: Uint8Array<ArrayBuffer>) => into.set(bytes) };
  }
}

/**
 * Uploads weights while `make` builds what computes with them: compiling and uploading are done by different
 * processors. Leaves nothing behind if either fails.
 */
export async function withWeights<T>(
  gpu: Gpu,
  layout: WeightsLayout,
  options: LoadOptions & { source: ByteSource },
  make: (weights: Weights) => Promise<T>,
  free: (made: T) => void,
): Promise<T> {
  const { weights, fill } = await allocateWeights(gpu, options.source, layout, options);
  const making = make(weights).catch((error: unknown) => {
    // Ends the filling too
    weights.destroy();
    throw error;
  });
  const [made, filled] = await Promise.allSettled([making, fill()]);
  if (made.status === 'rejected') throw made.reason;
  if (filled.status === 'fulfilled') return made.value;
  free(made.value);
  weights.destroy();
  throw filled.reason;
}

/** Uploads weights before anything is made of them. Leaves nothing behind if that fails. */
export async function loadWeights(
  gpu: Gpu,
  source: ByteSource,
  layout: WeightsLayout,
  options: LoadOptions = {},
): Promise<Weights> {
  const { weights, fill } = await allocateWeights(gpu, source, layout, options);
  try {
    await fill();
    return weights;
  } catch (error) {
    weights.destroy();
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
  const buffer = gpu.buffer(label, size, usage);
  await gpu.mustHave([buffer]);
  return buffer;
}

/** A vector, which the layout has seen to be F32. */
async function readFloats(
  source: ByteSource,
  { offset, sizeBytes }: TensorInfo,
): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await source.read(offset, sizeBytes);
  return new Float32Array(bytes.slice().buffer);
}
