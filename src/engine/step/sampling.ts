import {
  biasBits,
  IN_PROMPT,
  maskWords,
  packSampler,
  restricts,
  SAMPLER_BYTES,
  sampleGather,
  samplePick,
  sampleParts,
  sampleScan,
} from '../../../kernels/sample/sample.ts';
import type { Kernel } from '../../../kernels/kernel.ts';
import type { SamplingOptions } from '../../protocol/generate.ts';
import { allOrNothing } from '../gpu/all-or-nothing.ts';
import type { Buffers } from '../forward/buffers.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import type { Plan } from '../plan/plan.ts';
import { hasPenalties, type Sequence } from '../schedule/sequence.ts';
import type { Dispatch } from '../gpu/dispatch.ts';
import type { StepBuffer } from '../forward/step-buffer.ts';
import { RESULT_BYTES, samplingSizes } from '../plan/step-bytes.ts';
import type { Variants } from '../device/variants.ts';

/** What a sampler must know of a sequence. */
type SampledText = Pick<Sequence, 'slot' | 'sampling' | 'promptLength'> & { tokens: readonly number[] };

interface Parts {
  gpu: Gpu;
  vocab: number;
  plan: Plan;
  buffers: Buffers;
  stepBuffer: StepBuffer;
  variants: Variants;
}

/** From logits to the next tokens, and each slot's sampler. */
export class Sampling {
  readonly #gpu: Gpu;
  readonly #vocab: number;
  readonly #counts: GPUBuffer;
  readonly #masks: GPUBuffer;
  readonly #samplers: GPUBuffer;
  readonly #scratch: GPUBuffer;
  /** (slots) the token that each sampled last. */
  readonly sampled: BufferSlice;
  readonly results: GPUBuffer;
  /** Slots whose sampler draws from fewer tokens than all. */
  readonly #restricted = new Set<number>();
  dispatches: Dispatch[] = [];

  static async create({ gpu, vocab, plan, buffers, stepBuffer, variants }: Parts): Promise<Sampling> {
    const sampling = new Sampling(gpu, vocab, plan, buffers);
    const { outputs } = stepBuffer;
    const { logits, counts } = buffers.activations;
    const [samplers, scratch] = [{ buffer: sampling.#samplers }, { buffer: sampling.#scratch }];
    const threads = variants.sampleThreads;
    const shape = { vocab, threads, parts: sampleParts(vocab, threads) };

    const dispatch = async (
      kernel: Kernel<typeof shape & { outputs: number }>,
      slices: BufferSlice[],
      isWanted = () => true,
    ): Promise<Dispatch> => {
      const pipeline = await gpu.pipeline(kernel, { ...shape, outputs: 1 });
      return {
        name: kernel.name,
        pipeline: pipeline.pipeline,
        bindGroup: gpu.bind(pipeline, slices),
        workgroups: (load) =>
          load.samples > 0 && isWanted() ? kernel.workgroups({ ...shape, outputs: load.samples }) : undefined,
        cost: (load) => kernel.cost?.({ ...shape, outputs: load.samples }, load),
      };
    };
    const read = [outputs, samplers, logits, { buffer: sampling.#masks }, counts];
    const compiling = Promise.all([
      dispatch(sampleScan, [...read, scratch]),
      dispatch(sampleGather, [...read, scratch], () => sampling.#restricted.size > 0),
      dispatch(samplePick, [...read, scratch, sampling.sampled, { buffer: sampling.results }]),
    ]);
    return allOrNothing(async (own) => {
      own(sampling).dispatches = await compiling;
      return sampling;
    });
  }

  private constructor(gpu: Gpu, vocab: number, { slots }: Plan, buffers: Buffers) {
    this.#gpu = gpu;
    this.#vocab = vocab;
    this.#counts = buffers.activations.counts.buffer;
    const sizes = samplingSizes(vocab, slots);
    this.#masks = gpu.buffer('masks', sizes.masks);
    this.#samplers = gpu.buffer('samplers', sizes.samplers);
    this.#scratch = gpu.buffer('sampling scratch', sizes.scratch);
    this.sampled = { buffer: gpu.buffer('sampled', sizes.sampled) };
    this.results = gpu.buffer('results', sizes.results);
  }

  /** A sequence has taken its slot: its sampler, and where penalties count, what its text holds so far. */
  set({ slot, sampling, tokens, promptLength }: SampledText): void {
    const { queue } = this.#gpu.device;
    queue.writeBuffer(
      this.#samplers,
      slot! * SAMPLER_BYTES,
      packSampler({ ...sampling, isBiased: hasBias(sampling) }),
    );
    if (restricts(sampling, this.#vocab)) this.#restricted.add(slot!);
    else this.#restricted.delete(slot!);
    if (!hasPenalties(sampling) && !hasBias(sampling)) return;

    const counts = new Uint32Array(this.#vocab);
    for (const [position, token] of tokens.entries()) {
      if (position < promptLength) counts[token]! |= IN_PROMPT;
      else if ((counts[token]! & 0xffff) < 0xffff) counts[token]!++;
    }
    for (const [token, bias] of sampling.bias ?? []) counts[token]! |= biasBits(bias);
    queue.writeBuffer(this.#counts, slot! * this.#vocab * 4, counts);
  }

  /** The tokens that may come next in a slot, a bit each, 32 to a word. */
  setMask(slot: number, mask: Int32Array<ArrayBuffer>): void {
    this.#gpu.device.queue.writeBuffer(this.#masks, slot * maskWords(this.#vocab) * 4, mask);
  }

  get buffers(): GPUBuffer[] {
    return [this.#masks, this.#samplers, this.#scratch, this.sampled.buffer, this.results];
  }

  resultBytes(samples: number): number {
    return samples * RESULT_BYTES;
  }

  idsOf(results: ArrayBuffer, samples: number): Uint32Array {
    const words = new Uint32Array(results);
    return Uint32Array.from({ length: samples }, (_, sample) => words[sample * 2]!);
  }

  logprobsOf(results: ArrayBuffer, samples: number): Float32Array {
    const values = new Float32Array(results);
    return Float32Array.from({ length: samples }, (_, sample) => values[sample * 2 + 1]!);
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }
}

function hasBias({ bias = [] }: SamplingOptions): boolean {
  return bias.length > 0;
}
