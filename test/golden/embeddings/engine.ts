import { systemClock } from '../../../src/engine/clock.ts';
import { EmbeddingModel } from '../../../src/engine/vectors/embedding-model.ts';
import { Governor } from '../../../src/engine/schedule/governor.ts';
import type { Gpu } from '../../../src/engine/gpu/gpu.ts';
import { readModelFile } from '../../../src/engine/model-file.ts';
import type { PlanSizes } from '../../../src/engine/plan/plan.ts';
import { openGpu } from '../../gpu.ts';

let shared: Promise<Gpu> | undefined;
/** One for all tests of a file, since a software adapter takes seconds to compile the kernels. */
const sharedGpu = () => (shared ??= openGpu({ features: { dp4a: false } }));

/** A model of a file in memory, as the engine worker loads it. */
export async function load(
  bytes: Uint8Array,
  sizes: Partial<PlanSizes> = {},
  device: Promise<Gpu> = sharedGpu(),
): Promise<EmbeddingModel> {
  const source = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.slice(at, at + length),
  };
  return EmbeddingModel.load({
    device: { open: () => device },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 4, ...sizes },
  });
}

export function embed(
  model: EmbeddingModel,
  texts: number[][],
  origin = 'https://a.example',
): Promise<Float32Array[]> {
  return model.embed({ texts, origin, lane: 'interactive' }, () => {}, new AbortController().signal);
}
