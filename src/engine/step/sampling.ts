import {
  LIST_BYTES,
  likeliestPick,
  likeliestScan,
  MOST_LIKELIEST,
} from '../../../kernels/likeliest/likeliest.ts';
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
import type { Dispatch, StepLoad } from '../gpu/dispatch.ts';
import type { StepBuffer } from '../forward/step-buffer.ts';
import { listsAt, RESULT_BYTES, samplingSizes } from '../plan/step-bytes.ts';
import type { SampledToken } from '../text/stream.ts';
import type { Variants } from '../device/variants.ts';

/** What a sampler must know of a sequence. */
type SampledText = Pick<Sequence, 'slot' | 'sampling' | 'promptLength' | 'likeliest'> & {
  tokens: readonly number[];
};

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
  /** (slots) how many of the likeliest tokens come back beside each. */
  readonly #wanted: GPUBuffer;
  readonly #wantedNow: Uint32Array;
  readonly #likeliestScratch: GPUBuffer;
  /** (slots) the token that each sampled last. */
  readonly sampled: BufferSlice;
  /** A result of each sample; from `#listsAt` on, for each output, its likeliest tokens where they are asked for. */
  readonly results: GPUBuffer;
  readonly #listsAt: number;
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
      count = ({ samples }: StepLoad) => samples,
    ): Promise<Dispatch> => {
      const pipeline = await gpu.pipeline(kernel, { ...shape, outputs: 1 });
      return {
        name: kernel.name,
        pipeline: pipeline.pipeline,
        bindGroup: gpu.bind(pipeline, slices),
        workgroups: (load) =>
          count(load) > 0 ? kernel.workgroups({ ...shape, outputs: count(load) }) : undefined,
        cost: (load) => kernel.cost?.({ ...shape, outputs: count(load) }, load),
      };
    };
    const wanted = { buffer: sampling.#wanted };
    const likeliestScratch = { buffer: sampling.#likeliestScratch };
    const listed = ({ isListed, outputs }: StepLoad) => (isListed ? outputs : 0);
    const read = [outputs, samplers, logits, { buffer: sampling.#masks }, counts];
    const compiling = Promise.all([
      dispatch(sampleScan, [...read, scratch]),
      dispatch(sampleGather, [...read, scratch], ({ samples }) =>
        sampling.#restricted.size > 0 ? samples : 0,
      ),
      dispatch(samplePick, [...read, scratch, sampling.sampled, { buffer: sampling.results }]),
      dispatch(likeliestScan, [outputs, wanted, logits, likeliestScratch], listed),
      dispatch(likeliestPick, [outputs, wanted, likeliestScratch, sampling.#lists], listed),
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
    this.#listsAt = listsAt(slots);
    this.#wanted = gpu.buffer('wanted', sizes.wanted);
    this.#wantedNow = new Uint32Array(slots);
    this.#likeliestScratch = gpu.buffer('likeliest scratch', sizes.likeliestScratch);
  }

  /** A sequence has taken its slot: its sampler, and where penalties count, what its text holds so far. */
  set({ slot, sampling, tokens, promptLength, likeliest = 0 }: SampledText): void {
    const { queue } = this.#gpu.device;
    if (this.#wantedNow[slot!] !== likeliest) {
      this.#wantedNow[slot!] = likeliest;
      queue.writeBuffer(this.#wanted, slot! * 4, Uint32Array.of(likeliest));
    }
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
    const likeliest = [this.#wanted, this.#likeliestScratch];
    return [this.#masks, this.#samplers, this.#scratch, ...likeliest, this.sampled.buffer, this.results];
  }

  get #lists(): BufferSlice {
    return { buffer: this.results, offset: this.#listsAt, size: this.results.size - this.#listsAt };
  }

  /** What a step gives back: the first bytes of `results`. */
  resultBytes({ samples, outputs, isListed }: Pick<StepLoad, 'samples' | 'outputs' | 'isListed'>): number {
    return isListed ? this.#listsAt + outputs * LIST_BYTES : samples * RESULT_BYTES;
  }

  idsOf(results: ArrayBuffer, samples: number): Uint32Array {
    const words = new Uint32Array(results);
    return Uint32Array.from({ length: samples }, (_, sample) => words[sample * 2]!);
  }

  logprobsOf(results: ArrayBuffer, samples: number): Float32Array {
    const values = new Float32Array(results);
    return Float32Array.from({ length: samples }, (_, sample) => values[sample * 2 + 1]!);
  }

  /** The likeliest tokens of each output; of those that asked for fewer, only so many count. */
  likeliestOf(results: ArrayBuffer, { outputs, isListed }: StepLoad): SampledToken[][] | undefined {
    if (!isListed) return undefined;
    const [words, values] = [
      new Uint32Array(results, this.#listsAt),
      new Float32Array(results, this.#listsAt),
    ];
    return Array.from({ length: outputs }, (_, output) =>
      Array.from({ length: Math.min(MOST_LIKELIEST, this.#vocab) }, (_, place) => {
        const at = (output * MOST_LIKELIEST + place) * 2;
        return { id: words[at]!, logprob: values[at + 1]! };
      }),
    );
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }
}

function hasBias({ bias = [] }: SamplingOptions): boolean {
  return bias.length > 0;
}
