import { PACK_HEAD_BYTES, packRows } from '../../../kernels/quants/pack.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import type { MatrixLayout, WeightsLayout } from './layout.ts';

/** Pieces of a file that may be on their way: the GPU takes some while others are read. */
const PIECES = 4;
const LEAST_PIECE_BYTES = 2 ** 16;
const MOST_PIECE_BYTES = 2 ** 22;
/** What the pieces on their way take is a small part of the weights. */
const PIECE_SHARE = 1 / 320;
/** Bytes that a queue may hold back: a browser would have a copy of the whole model there otherwise. */
const MOST_QUEUED_BYTES = 32 * 2 ** 20;

/** Whole rows of a matrix. */
export interface Rows {
  matrix: MatrixLayout & { quants: BufferSlice; scales: BufferSlice };
  firstRow: number;
  rows: number;
  /** As the file has them. */
  bytes: number;
}

/** Puts the rows' bytes, as the file has them, into memory that is theirs only until it returns. */
export type ReadRows = (into: Uint8Array<ArrayBuffer>) => void;

/** The way of rows from a file to their matrix on the device, in the layout that kernels read. */
export interface Upload {
  /** Rows at most at once, in bytes of the file. A single row may be larger. */
  readonly pieceBytes: number;
  /** Waits until there is room for the rows, and gives what sends them at once. */
  ready(rows: Rows): Promise<(read: ReadRows) => void>;
  destroy(): void;
}

/**
 * Bytes on the device that loading takes beside the weights, until they are there. None where a CPU plays the GPU: it
 * packs ten to sixty times faster in JavaScript.
 */
export function uploadBytes(gpu: Gpu, layout: WeightsLayout): number {
  return gpu.isSoftware ? 0 : (PIECES + 1) * roomOf(layout);
}

export function openUpload(gpu: Gpu, layout: WeightsLayout): Promise<Upload> | Upload {
  const pieceBytes = pieceBytesOf(layout);
  return gpu.isSoftware ? new PackedHere(gpu, pieceBytes) : PackedThere.open(gpu, pieceBytes, roomOf(layout));
}

function pieceBytesOf({ bytes }: WeightsLayout): number {
  const share = Math.floor((bytes * PIECE_SHARE) / 4096) * 4096;
  return Math.min(MOST_PIECE_BYTES, Math.max(LEAST_PIECE_BYTES, share));
}

/** Of a buffer that holds a piece. */
function roomOf(layout: WeightsLayout): number {
  return PACK_HEAD_BYTES + Math.ceil(Math.max(pieceBytesOf(layout), layout.longestRowBytes) / 4) * 4;
}

/**
 * Rows go to the device as they are, and a kernel puts them into the layout there. They are read right into memory that
 * the device is given, so that JavaScript touches no byte of them.
 */
class PackedThere implements Upload {
  #next = 0;

  static async open(gpu: Gpu, pieceBytes: number, room: number): Promise<PackedThere> {
    const stagings = Array.from({ length: PIECES }, () =>
      gpu.buffer('upload', room, GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC),
    );
    const file = gpu.buffer('file', room);
    await gpu.mustHave([...stagings, file]);
    return new PackedThere(
      gpu,
      pieceBytes,
      stagings.map((buffer) => new Staging(buffer)),
      file,
    );
  }

  private constructor(
    private readonly gpu: Gpu,
    readonly pieceBytes: number,
    private readonly stagings: readonly Staging[],
    private readonly file: GPUBuffer,
  ) {}

  async ready({ matrix, firstRow, rows, bytes }: Rows): Promise<(read: ReadRows) => void> {
    const { device } = this.gpu;
    const kernel = packRows(matrix.format);
    const shape = { rows, k: matrix.k };
    const pipeline = await this.gpu.pipeline(kernel, shape);
    const staging = this.stagings[this.#next]!;
    this.#next = (this.#next + 1) % PIECES;
    await staging.free;

    return (read) => {
      const size = PACK_HEAD_BYTES + Math.ceil(bytes / 4) * 4;
      staging.fill(size, (range) => {
        new Uint32Array(range, 0, 2).set([rows, firstRow]);
        read(new Uint8Array(range, PACK_HEAD_BYTES, bytes));
      });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(staging.buffer, 0, this.file, 0, size);
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, this.gpu.bind(pipeline, [{ buffer: this.file }, matrix.quants, matrix.scales]));
      pass.dispatchWorkgroups(...kernel.workgroups(shape));
      pass.end();
      device.queue.submit([encoder.finish()]);
      staging.sent();
    };
  }

  destroy(): void {
    for (const { buffer } of this.stagings) buffer.destroy();
    this.file.destroy();
  }
}

/** A buffer that the processor and the device have in turn. */
class Staging {
  /** Resolves once the device has done what it was asked to do with it. */
  free!: Promise<unknown>;

  constructor(readonly buffer: GPUBuffer) {
    this.sent();
  }

  fill(size: number, write: (range: ArrayBuffer) => void): void {
    write(this.buffer.getMappedRange(0, size));
    this.buffer.unmap();
  }

  sent(): void {
    this.free = this.buffer.mapAsync(GPUMapMode.WRITE);
    // It may fail before anybody waits for it
    this.free.catch(() => {});
  }
}

/** Rows are put into the layout here, and then sent. */
class PackedHere implements Upload {
  #queued = 0;
  #taken: Promise<unknown> | undefined;
  #piece: Uint8Array<ArrayBuffer>;

  constructor(
    private readonly gpu: Gpu,
    readonly pieceBytes: number,
  ) {
    this.#piece = new Uint8Array(pieceBytes);
  }

  async ready({ matrix, firstRow, rows, bytes }: Rows): Promise<(read: ReadRows) => void> {
    const { queue } = this.gpu.device;
    const { format, k, quants, scales } = matrix;
    if (this.#queued >= MOST_QUEUED_BYTES) {
      await this.#taken;
      this.#taken = queue.onSubmittedWorkDone();
      this.#queued = 0;
    }
    this.#queued += bytes;
    if (this.#piece.length < bytes) this.#piece = new Uint8Array(bytes);
    const piece = this.#piece.subarray(0, bytes);

    return (read) => {
      read(piece);
      const packed = format.pack(piece, rows, k);
      queue.writeBuffer(quants.buffer, firstRow * format.quantsBytes(k), packed.quants);
      if (packed.scales.length > 0)
        queue.writeBuffer(scales.buffer, scales.offset! + firstRow * format.scalesBytes(k), packed.scales);
    };
  }

  destroy(): void {}
}
