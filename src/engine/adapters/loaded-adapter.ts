import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import { bytesInWords } from '../../protocol/bytes-in-words.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { BufferSlice, Gpu } from '../gpu.ts';
import { type MatrixLayout, matrixBytes, scalesOffset } from '../layout.ts';
import { allocate, type Linear, type Lora, type Matrix } from '../load.ts';
import type { Plan } from '../plan.ts';
import type { AdapterLayout, LoraLayout } from './adapter-layout.ts';

/** An adapter's matrices on the device. What a sequence's rows get of it, its scale says: nothing if that is 0. */
export class LoadedAdapter {
  readonly #loras = new Map<string, { layout: LoraLayout; a: Matrix; b: Matrix }>();
  readonly #buffers: GPUBuffer[] = [];
  #hidden!: BufferSlice;
  /** (slots) */
  #scales!: BufferSlice;

  private constructor(private readonly gpu: Gpu) {}

  /** Fails with `out-of-memory` if the device has no room, and leaves nothing behind. */
  static async load(gpu: Gpu, source: ByteSource, layout: AdapterLayout, plan: Plan): Promise<LoadedAdapter> {
    const adapter = new LoadedAdapter(gpu);
    try {
      adapter.#hidden = {
        buffer: await adapter.#allocate('adapter hidden', 4 * plan.maxRows * layout.hidden),
      };
      adapter.#scales = { buffer: await adapter.#allocate('adapter scales', 4 * plan.slots) };
      for (const lora of layout.loras) {
        const [a, b] = [await adapter.#upload(source, lora.a), await adapter.#upload(source, lora.b)];
        adapter.#loras.set(lora.name, { layout: lora, a, b });
      }
      return adapter;
    } catch (error) {
      adapter.destroy();
      throw error;
    }
  }

  /** What it adds to a linear map, tensor by tensor. */
  lorasOf({ inputs, outputs, parts }: Linear): Lora[] {
    return parts.flatMap(({ matrix, outOffset }) => {
      let row = outOffset;
      return matrix.segments.flatMap(({ tensor, firstRow, rows }) => {
        const at = row;
        row += rows;
        const lora = firstRow === 0 && this.#loras.get(tensor.name);
        if (!lora) return [];
        const { a, b, layout } = lora;
        return {
          name: tensor.name,
          a: { inputs, outputs: a.rows, parts: [{ matrix: a, outOffset: 0 }] },
          b: { inputs: a.rows, outputs, parts: [{ matrix: b, outOffset: at }] },
          factor: layout.factor,
          hidden: this.#hidden,
          scales: this.#scales,
        };
      });
    });
  }

  /** From the next step on. */
  setScale(slot: number, scale: number): void {
    this.gpu.device.queue.writeBuffer(this.#scales.buffer, 4 * slot, Float32Array.of(scale));
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  async #allocate(label: string, bytes: number): Promise<GPUBuffer> {
    const buffer = await allocate(this.gpu, label, bytes);
    this.#buffers.push(buffer);
    return buffer;
  }

  async #upload(source: ByteSource, matrix: MatrixLayout): Promise<Matrix> {
    const { name, format, k, rows, quantsBytes, scalesBytes, segments } = matrix;
    const most = this.gpu.device.limits.maxStorageBufferBindingSize;
    if (quantsBytes > most)
      throw new HearthError(
        'unsupported-model',
        `The adapter's tensor ${JSON.stringify(name)} is larger than the ${bytesInWords(most)} that this GPU binds at once. Choose an adapter of a lower rank.`,
      );
    const buffer = await this.#allocate(name, matrixBytes(matrix));
    const [{ tensor }] = segments as [MatrixLayout['segments'][number]];
    const packed = format.pack(
      filledUp(await source.read(tensor.offset, tensor.sizeBytes), tensor, k, rows),
      rows,
      k,
    );
    const scalesAt = scalesOffset(matrix);
    this.gpu.device.queue.writeBuffer(buffer, 0, packed.quants);
    if (packed.scales.length > 0) this.gpu.device.queue.writeBuffer(buffer, scalesAt, packed.scales);
    return {
      ...matrix,
      quants: { buffer, offset: 0, size: quantsBytes },
      scales: { buffer, offset: scalesAt, size: Math.max(scalesBytes, 16) },
    };
  }
}

/** A tensor's bytes with zeros at the end of each row, and rows of zeros at the end. Types of whole blocks need none within a row. */
function filledUp(bytes: Uint8Array, { shape, sizeBytes }: TensorInfo, k: number, rows: number): Uint8Array {
  const [length = 1, count = 1] = shape;
  if (length === k && count === rows) return bytes;
  const rowBytes = sizeBytes / count;
  const wideBytes = (rowBytes / length) * k;
  const filled = new Uint8Array(wideBytes * rows);
  for (let row = 0; row < count; row++)
    filled.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), row * wideBytes);
  return filled;
}
