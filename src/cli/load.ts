import { KV_TYPES } from '../../kernels/kv/kv.ts';
import { Governor } from '../engine/schedule/governor.ts';
import { systemClock } from '../engine/clock.ts';
import { EmbeddingModel } from '../engine/vectors/embedding-model.ts';
import { Model, type ModelOptions } from '../engine/model.ts';
import { readModelFile } from '../engine/model-file.ts';
import { loadAdapters } from './adapters.ts';
import { openModelFiles } from './model-source.ts';
import type { Flags } from './flags.ts';
import { openGpu } from './gpu.ts';
import type { Gpu } from '../engine/gpu/gpu.ts';

/** Positions whose logits are computed and read in one step. */
export const ROWS_AT_ONCE = 32;

/** One answer's row, and the rows that it may guess. */
export const GUESSING_SLOTS = 16;

/** The model of `--model` on the device of the GPU flags. `isExact`: without dp4a, unless a flag asks for it. */
export async function loadModel(flags: Flags, options: Partial<LoadOptions> = {}): Promise<Model> {
  const model = await load(Model, flags, options);
  await loadAdapters(flags, model);
  return model;
}

/** As `loadModel`, of a model that makes vectors. */
export function loadEmbeddingModel(flags: Flags, options: Partial<LoadOptions>): Promise<EmbeddingModel> {
  return load(EmbeddingModel, flags, options);
}

interface LoadOptions {
  slots: number;
  isExact: boolean;
  governor: Governor;
  /** A device that is open already. */
  gpu: Gpu;
  /** In place of that of `--model`. */
  path: string;
}

/** The model of `--draft`, beside the one that it guesses for; none without the flag. */
export async function loadDraft(
  flags: Flags,
  model: Model,
  options: Partial<LoadOptions> = {},
): Promise<Model | undefined> {
  const path = flags.string('draft');
  return path === undefined ? undefined : load(Model, flags, { ...options, path, gpu: model.gpu });
}

async function load<M>(
  kind: { load(options: ModelOptions): Promise<M> },
  flags: Flags,
  {
    slots = 1,
    isExact = false,
    governor = new Governor(systemClock),
    path,
    gpu: opened,
  }: Partial<LoadOptions>,
): Promise<M> {
  const source = await openModelFiles(path ?? flags.required('model'));
  const file = await readModelFile(source);
  const gpu = opened ?? (await openGpu(flags, isExact ? { dp4a: false } : {}));
  const startedAt = performance.now();
  const model = await kind.load({
    // A lost device ends a command: opening it again gives the lost one
    device: { open: async () => gpu },
    file,
    source,
    clock: systemClock,
    governor,
    sizes: {
      budgetBytes: Number.POSITIVE_INFINITY,
      slots,
      contextLength: flags.has('context') ? flags.integer('context', 0, { min: 1 }) : undefined,
      maxRows: flags.has('max-rows') ? flags.integer('max-rows', 0, { min: 1, max: 4096 }) : undefined,
      kv: flags.oneOf('kv', KV_TYPES),
    },
  });
  process.stderr.write(`loaded in ${(performance.now() - startedAt).toFixed(0)} ms\n`);
  return model;
}
