import { HearthError } from '../../protocol/errors.ts';
import type { Gpu } from './gpu.ts';

/** Bytes of two timestamps. */
const TIMES_BYTES = 16;

/** A ring of staging buffers: what a step gives back, read while the next steps run. */
export class Readback {
  readonly #gpu: Gpu;
  readonly #all: readonly Staging[];
  readonly #free: Staging[];
  readonly #resultBytes: number;
  /** When the last step's results came, for adapters without timestamps. */
  #lastDoneAt = 0;

  constructor(gpu: Gpu, depth: number, resultBytes: number) {
    this.#gpu = gpu;
    this.#resultBytes = aligned(resultBytes);
    const hasTimes = gpu.has('timestamp-query');
    this.#all = Array.from({ length: depth }, () => ({
      buffer: gpu.buffer(
        'staging',
        this.#resultBytes + TIMES_BYTES,
        GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      ),
      times: hasTimes
        ? {
            query: gpu.device.createQuerySet({ type: 'timestamp', count: 2 }),
            resolved: gpu.buffer(
              'times',
              TIMES_BYTES,
              GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
            ),
          }
        : undefined,
    }));
    this.#free = [...this.#all];
  }

  /** What `depth` buffers take, times included. */
  static bytes(depth: number, resultBytes: number): number {
    return depth * (aligned(resultBytes) + 2 * TIMES_BYTES);
  }

  get buffers(): GPUBuffer[] {
    return this.#all.flatMap(({ buffer, times }) => (times ? [buffer, times.resolved] : [buffer]));
  }

  /** Submits what each of `parts` puts into a pass, each by itself, and then `last`; resolves to the first `bytes` of `results` after it, and the GPU's time. */
  async submit(
    parts: Encode | readonly Encode[],
    results?: GPUBuffer,
    bytes = 0,
    last?: LastPass,
  ): Promise<{ results: ArrayBuffer; busyMs: number }> {
    const { device } = this.#gpu;
    const staging = this.#free.pop();
    if (!staging)
      throw new HearthError('internal', 'More steps are in flight than there are buffers to read them.');
    const { buffer, times } = staging;

    const submittedAt = performance.now();
    try {
      const begins = { beginningOfPassWriteIndex: 0 };
      const ends = { endOfPassWriteIndex: 1 };
      const passes = typeof parts === 'function' ? [parts] : parts;
      let encoder = device.createCommandEncoder();
      const encodePass = (encode: Encode, isFirst: boolean, isLast: boolean) => {
        const timestampWrites = times && {
          querySet: times.query,
          ...(isFirst && begins),
          ...(isLast && ends),
        };
        const pass = encoder.beginComputePass(
          timestampWrites && (isFirst || isLast) ? { timestampWrites } : {},
        );
        encode(pass);
        pass.end();
      };
      const send = () => {
        device.queue.submit([encoder.finish()]);
        encoder = device.createCommandEncoder();
      };
      for (const [i, encode] of passes.entries()) {
        if (i > 0) send();
        encodePass(encode, i === 0, !last && i === passes.length - 1);
      }
      if (last) {
        send();
        await last.ready();
        encodePass(last.encode, false, true);
      }
      if (results && bytes > 0) encoder.copyBufferToBuffer(results, 0, buffer, 0, bytes);
      if (times) {
        encoder.resolveQuerySet(times.query, 0, 2, times.resolved, 0);
        encoder.copyBufferToBuffer(times.resolved, 0, buffer, this.#resultBytes, TIMES_BYTES);
      }
      device.queue.submit([encoder.finish()]);
    } finally {
      // Whoever waits to go on must not wait for ever
      last?.submitted();
    }

    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } catch (cause) {
      throw await this.#gpu.failure(cause);
    }
    const doneAt = performance.now();
    const wallMs = doneAt - Math.max(submittedAt, this.#lastDoneAt);
    this.#lastDoneAt = doneAt;
    const mapped = buffer.getMappedRange();
    const copy = mapped.slice(0, bytes);
    const [begin, end] = new BigUint64Array(mapped, this.#resultBytes, 2);
    buffer.unmap();
    this.#free.push(staging);
    // Browsers round timestamps to 100 µs, and a few drivers give none
    const busyMs = times && end! > begin! ? Number(end! - begin!) / 1e6 : wallMs;
    return { results: copy, busyMs };
  }

  destroy(): void {
    // Those of steps that failed on the way too
    for (const buffer of this.buffers) buffer.destroy();
    for (const { times } of this.#all) times?.query.destroy();
  }
}

/** Timestamps begin at whole ones. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

type Encode = (pass: GPUComputePassEncoder) => void;

/** The end of a step, which waits for the processor while the GPU computes what comes before. */
export interface LastPass {
  ready(): Promise<void>;
  encode(pass: GPUComputePassEncoder): void;
  /** The whole step is under way. */
  submitted(): void;
}

interface Staging {
  buffer: GPUBuffer;
  times: { query: GPUQuerySet; resolved: GPUBuffer } | undefined;
}
