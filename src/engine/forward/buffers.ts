import { rotationTable } from '../../../kernels/rope/rotation-table.ts';
import type { ModelConfig, Rope } from '../../../models/architectures/index.ts';
import { blockPageBytes } from '../cache/cache-plan.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import { allocate, type RopeFactors } from '../weights/load.ts';
import { activationElements, type Plan, rotationElements } from '../plan/plan.ts';

type Activations<T> = Record<keyof ReturnType<typeof activationElements> | 'partials', T>;

/** A block's keys and values, and the table of their pages. */
export interface KvCache {
  k: BufferSlice;
  v: BufferSlice;
  pages: BufferSlice;
}

/** What a short convolution has had of each position, (pages, position in page, dim) f32, and the table of its pages. */
export interface InputCache {
  inputs: BufferSlice;
  pages: BufferSlice;
}

/** Everything of a plan but the weights, allocated once: activations, the KV cache, the page tables. */
export class Buffers {
  private constructor(
    readonly gpu: Gpu,
    readonly activations: Activations<BufferSlice>,
    /** Of each of the model's ropes: cosines and sines by position. */
    readonly rotations: readonly BufferSlice[],
    /** Of each block with attention, in models that have a cache. */
    readonly caches: readonly (KvCache | undefined)[],
    /** Of each block with a short convolution. */
    readonly inputs: readonly (InputCache | undefined)[],
    /** Of each group of blocks: (slots, maxPages) u32. */
    readonly pages: readonly BufferSlice[],
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
      activations.partials = activations.logits;
      const caches: (KvCache | undefined)[] = [];
      const inputs: (InputCache | undefined)[] = [];
      const tables: BufferSlice[] = [];
      for (const { blocks, pageCount } of plan.groups) {
        const pages = await make('pages', plan.slots * plan.maxPages * 4);
        tables.push(pages);
        for (const block of blocks) {
          const bytes = pageCount * blockPageBytes(config, block, plan.kv);
          if (!config.attention[block])
            inputs[block] = { inputs: await make(`inputs ${block}`, bytes), pages };
          else {
            const k = await make(`K ${block}`, bytes / 2);
            caches[block] = { k, v: await make(`V ${block}`, bytes / 2), pages };
          }
        }
      }
      const { buffer } = activations.rotations;
      const rotations = config.ropes.map((rope, i): BufferSlice => {
        const size = 4 * rotationElements(config, plan.contextLength);
        gpu.device.queue.writeBuffer(buffer, i * size, rotation(config, rope, plan, ropeFactors));
        return { buffer, offset: i * size, size };
      });
      return new Buffers(gpu, activations, rotations, caches, inputs, tables, plan.maxPages, all);
    } catch (error) {
      for (const buffer of all) buffer.destroy();
      throw error;
    }
  }

  setPage(slot: number, index: number, page: number, group: number): void {
    this.gpu.device.queue.writeBuffer(
      this.pages[group]!.buffer,
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
    case 'ntk':
      return rotationTable({ ...plain, scaling });
    case 'dynamic': {
      // For the planned context, since keys that are cached cannot be turned again
      const stretch = Math.max(1, contextLength / scaling.originalContext);
      const factor = scaling.factor * stretch - (scaling.factor - 1);
      return rotationTable({ ...plain, scaling: { kind: 'ntk', factor } });
    }
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
