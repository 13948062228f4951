import { quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture, ModelTensors } from './architecture.ts';
import { findTensors } from './find-tensors.ts';
import { gemma3 } from './gemma3.ts';
import { llama } from './llama.ts';
import { type ModelConfig, readConfig } from './model-config.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';

export type { Architecture, ModelTensors } from './architecture.ts';
export type {
  Activation,
  BlockAttention,
  ModelConfig,
  Rope,
  RopePairs,
  Temperature,
} from './model-config.ts';
export {
  type AnyLeaf,
  type AttentionRoles,
  type DenseRoles,
  type Leaf,
  type ModelRoles,
  type RopeFactorRoles,
  replaceLeaves,
} from './roles.ts';
export type { RopeScaling } from './rope-scaling.ts';

/** One line for each family that Hearth computes. */
const ARCHITECTURES: readonly Architecture[] = [llama, qwen2, qwen3, gemma3, phi3, smollm3];

/** A file understood as a model: nothing in it is left over. */
export interface Model {
  architecture: Architecture;
  config: ModelConfig;
  tensors: ModelTensors;
}

/** Fails with a `ModelError` that names what Hearth does not support or what contradicts itself. */
export function readModel(gguf: Gguf): Model {
  const { metadata } = gguf;
  const name = metadata.string('general.architecture');
  const architecture = ARCHITECTURES.find((candidate) => candidate.name === name);
  if (!architecture)
    throw unsupportedModel(
      `The model has the architecture ${quoted(name)}, and Hearth runs ${ARCHITECTURES.map((known) => known.name).join(', ')}. Choose a model of these.`,
    );
  const config = readConfig(architecture, gguf);
  return { architecture, config, tensors: findTensors(architecture, config, gguf) };
}
