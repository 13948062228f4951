import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { Governor } from '../../src/engine/schedule/governor.ts';
import type { Gpu } from '../../src/engine/gpu/gpu.ts';
import { Model } from '../../src/engine/model.ts';
import { readModelFile } from '../../src/engine/model-file.ts';
import type { PlanSizes } from '../../src/engine/plan/plan.ts';
import type { RunRequest } from '../../src/engine/answer/answer.ts';
import { type GeneratePart, GREEDY } from '../../src/protocol/generate.ts';
import { openGpu } from '../gpu.ts';
import { fileSource } from './data.ts';

let shared: Promise<Gpu> | undefined;
/** One for all tests of a file, since a software adapter takes seconds to compile the kernels. */
const sharedDevice = { open: () => (shared ??= openGpu({ features: { dp4a: false } })) };

/** A model of a file on the software adapter, as the engine worker loads it. */
export async function loadModel(
  path: string,
  sizes: Partial<PlanSizes> = {},
  device: { open(): Promise<Gpu> } = sharedDevice,
): Promise<Model> {
  return loadSource(await fileSource(path), sizes, device);
}

/** As `loadModel`, of a file that is in memory or elsewhere. */
export async function loadSource(
  source: ByteSource,
  sizes: Partial<PlanSizes> = {},
  device: { open(): Promise<Gpu> } = sharedDevice,
): Promise<Model> {
  return Model.load({
    device,
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 4, ...sizes },
  });
}

export interface Run {
  ids: number[];
  text: string;
  parts: GeneratePart[];
  finishReason: string;
  cachedTokens: number;
}

/** Runs one request to its end; `onPart` sees each part as it comes. */
export async function run(
  model: Model,
  request: Partial<RunRequest> & { ids: number[] },
  onPart: (part: GeneratePart) => void = () => {},
  signal = new AbortController().signal,
): Promise<Run> {
  const parts: GeneratePart[] = [];
  const { finishReason, usage } = await model.run(
    {
      maxTokens: 32,
      sampling: GREEDY,
      stop: [],
      origin: 'https://a.example',
      lane: 'interactive',
      ...request,
    },
    async (part) => {
      parts.push(part);
      onPart(part);
    },
    signal,
  );
  return {
    ids: parts.flatMap(({ ids }) => ids),
    text: parts.map(({ text }) => text).join(''),
    parts,
    finishReason,
    cachedTokens: usage.cachedTokens,
  };
}
