import { rotationTable } from '../../kernels/rope/rotation-table.ts';
import { kvPageBytes } from '../../kernels/kv/kv.ts';
import type { ModelConfig, Rope } from '../../models/architectures/index.ts';
import type { BufferSlice, Gpu } from './gpu.ts';
import { allocate, type RopeFactors } from './load.ts';
import { activationElements, type Plan, rotationElements } from './plan.ts';

type Activations<T> = Record<keyof ReturnType<typeof activationElements>, T>;

/** Everything of a plan but the weights, allocated once: activations, the KV cache, the page table. */
export class Buffers {
  private constructor(
    readonly gpu: Gpu,
    readonly activations: Activations<BufferSlice>,
    /** Of each of the model's ropes: cosines and sines by position. */
    readonly rotations: readonly BufferSlice[],
    /** Of each block. */
    readonly caches: readonly { k: BufferSlice; v: BufferSlice }[],
    readonly pages: BufferSlice,
    readonly maxPages: number,
    readonly all: readonly GPUBuffer[],
  ) {}

  static async create(gpu: Gpu, config: ModelConfig, plan: Plan, ropeFactors: RopeFactors): Promise<Buffers> {
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
      const { buffer } = activations.rotations;
      const rotations = config.ropes.map((rope, i): BufferSlice => {
        const size = 4 * rotationElements(config, plan.contextLength);
        gpu.device.queue.writeBuffer(buffer, i * size, rotation(config, rope, plan, ropeFactors));
        return { buffer, offset: i * size, size };
      });
      return new Buffers(gpu, activations, rotations, caches, pages, plan.maxPages, all);
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
  { rotaryDim }: ModelConfig,
  { base, scaling }: Rope,
  { contextLength }: Plan,
  factors: RopeFactors,
): Float32Array<ArrayBuffer> {
  const plain = { positions: contextLength, rotaryDim, base, factors: factors.all };
  switch (scaling.kind) {
    case 'none':
      return rotationTable(plain);
    case 'linear':
      return rotationTable({ ...plain, scaling });
    case 'yarn': {
      // GGUF gives a factor on top of YaRN's own
      const sharpening = (by: number) => 1 + 0.1 * by * Math.log(scaling.factor);
      const attentionFactor = (scaling.attentionFactor * sharpening(1)) / sharpening(scaling.logMultiplier);
      return rotationTable({ ...plain, scaling: { ...scaling, attentionFactor } });
    }
    case 'longrope': {
      // One choice for all positions, since keys that are cached cannot be turned again
      const isLong = contextLength > scaling.originalContext;
      return rotationTable({
        ...plain,
        factors: isLong ? factors.long : factors.short,
        attentionFactor: scaling.attentionFactor,
      });
    }
  }
}
