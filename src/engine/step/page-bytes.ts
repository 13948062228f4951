import { BATCH_BYTES } from '../plan/step-bytes.ts';
import type { Buffers } from '../forward/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Plan } from '../plan/plan.ts';

/** What pages of the cache hold, to and from a text's bytes: page by page, of each all blocks' K and V (or inputs). */
export class PageBytes {
  readonly #gpu: Gpu;
  readonly #buffers: { buffer: GPUBuffer; pageBytes: number }[];
  /** Of one page, all blocks together. */
  readonly pageBytes: number;

  /** Only where every page of a text is kept: there is one group, without a window. */
  static of(gpu: Gpu, plan: Plan, { caches, inputs }: Buffers): PageBytes | undefined {
    const [group, ...others] = plan.groups;
    if (!group || others.length > 0 || group.window > 0) return undefined;
    const slices = group.blocks.flatMap((block) => {
      const cache = caches[block];
      return cache ? [cache.k, cache.v] : [inputs[block]!.inputs];
    });
    return new PageBytes(
      gpu,
      slices.map(({ buffer }) => ({ buffer, pageBytes: buffer.size / group.pageCount })),
    );
  }

  private constructor(gpu: Gpu, buffers: { buffer: GPUBuffer; pageBytes: number }[]) {
    this.#gpu = gpu;
    this.#buffers = buffers;
    this.pageBytes = buffers.reduce((sum, { pageBytes }) => sum + pageBytes, 0);
  }

  /** What they hold when this is called, whoever writes to them later. */
  async read(pages: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(pages.length * this.pageBytes);
    const batch = Math.max(1, Math.floor(BATCH_BYTES / this.pageBytes));
    for (let first = 0; first < pages.length; first += batch)
      bytes.set(await this.#readBatch(pages.slice(first, first + batch)), first * this.pageBytes);
    return bytes;
  }

  /** For the steps that are submitted from now on. */
  write(pages: readonly number[], bytes: Uint8Array<ArrayBuffer>): void {
    let at = 0;
    for (const page of pages)
      for (const { buffer, pageBytes } of this.#buffers) {
        this.#gpu.device.queue.writeBuffer(buffer, page * pageBytes, bytes, at, pageBytes);
        at += pageBytes;
      }
  }

  async #readBatch(pages: readonly number[]): Promise<Uint8Array> {
    const { device } = this.#gpu;
    const size = pages.length * this.pageBytes;
    const staging = this.#gpu.buffer('pages', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    try {
      const encoder = device.createCommandEncoder();
      let at = 0;
      for (const page of pages)
        for (const { buffer, pageBytes } of this.#buffers) {
          encoder.copyBufferToBuffer(buffer, page * pageBytes, staging, at, pageBytes);
          at += pageBytes;
        }
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new Uint8Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }
}
