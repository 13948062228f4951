import { rotationTable } from '../../kernels/rope/rotation-table.ts';
import { kvPageBytes } from '../../kernels/kv/kv.ts';
import type { ModelConfig } from '../../models/architectures/index.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import { allocate } from './load.ts';
import { activationElements, type Plan } from './plan.ts';

type Activations<T> = Record<keyof ReturnType<typeof activationElements>, T>;

/** Everything of a plan but the weights, allocated once: activations, the KV cache, the page table. */
export class Buffers {
  private constructor(
    readonly gpu: Gpu,
    readonly activations: Activations<BufferSlice>,
    /** Of each block. */
    readonly caches: readonly { k: BufferSlice; v: BufferSlice }[],
    readonly pages: BufferSlice,
    readonly maxPages: number,
    readonly all: readonly GPUBuffer[],
  ) {}

  static async create(
    gpu: Gpu,
    config: ModelConfig,
    plan: Plan,
    ropeFactors: Float32Array | undefined,
  ): Promise<Buffers> {
    const all: GPUBuffer[] = [];
    const make = async (label: string, bytes: number): Promise<BufferSlice> => {
      const buffer = await allocate(gpu, label, bytes);
      all.push(buffer);
      return { buffer };
    };
    try {
      const activations = {} as Activations<BufferSlice>;
      for (const [name, elements] of Object.entries(activationElements(config, plan))) {
        activations[name as keyof Activations<BufferSlice>] = await make(name, elements * 4);
      }
      const cacheBytes = plan.pageCount * kvPageBytes(plan.kv, { ...config, page: plan.pageSize });
      const caches: { k: BufferSlice; v: BufferSlice }[] = [];
      for (let block = 0; block < config.blocks; block++) {
        caches.push({ k: await make(`K ${block}`, cacheBytes), v: await make(`V ${block}`, cacheBytes) });
      }
      const pages = await make('pages', plan.slots * plan.maxPages * 4);
      gpu.device.queue.writeBuffer(activations.rotation.buffer, 0, rotation(config, plan, ropeFactors));
      return new Buffers(gpu, activations, caches, pages, plan.maxPages, all);
    } catch (error) {
      for (const buffer of all) buffer.destroy();
      throw error;
    }
  }

  setPage(slot: number, index: number, page: number): void {
    this.gpu.device.queue.writeBuffer(
      this.pages.buffer,
      (slot * this.maxPages + index) * 4,
      new Uint32Array([page]),
    );
  }

  destroy(): void {
    for (const buffer of this.all) buffer.destroy();
  }
}

function rotation(
  { rotaryDim, ropeBase, ropeScaling }: ModelConfig,
  { contextLength }: Plan,
  factors: Float32Array | undefined,
): Float32Array<ArrayBuffer> {
  // GGUF gives a factor on top of YaRN's own
  const yarn = ropeScaling.kind === 'yarn' && {
    ...ropeScaling,
    attentionFactor: ropeScaling.attentionFactor * (1 + 0.1 * Math.log(ropeScaling.factor)),
  };
  const scaling = yarn || (ropeScaling.kind === 'linear' ? ropeScaling : undefined);
  return rotationTable({ positions: contextLength, rotaryDim, base: ropeBase, scaling, factors });
}
