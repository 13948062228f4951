import type { Buffers } from './buffers.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import type { Sequence } from './sequence.ts';
import type { Dispatch } from './step.ts';
import type { StepBuffer } from './step-buffer.ts';

export class Sampling {
  readonly dispatches: Dispatch[] = [];
  constructor(
    readonly sampled: BufferSlice,
    readonly results: GPUBuffer,
  ) {}
  static async create(
    gpu: Gpu,
    _vocab: number,
    plan: Plan,
    _buffers: Buffers,
    _step: StepBuffer,
  ): Promise<Sampling> {
    return new Sampling(
      { buffer: gpu.buffer('sampled', plan.slots * 4) },
      gpu.buffer('results', plan.slots * 8),
    );
  }
  set(_sequence: Sequence) {}
  resultBytes(outputs: number) {
    return outputs * 8;
  }
  idsOf(results: ArrayBuffer, _n: number) {
    return new Uint32Array(results);
  }
  destroy() {}
}
