import { quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture, ModelTensors } from './architecture.ts';
import { bert } from './bert.ts';
import { ernie45 } from './ernie4-5.ts';
import { findTensors } from './find-tensors.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gemmaEmbedding } from './gemma-embedding.ts';
import { gptOss } from './gpt-oss.ts';
import { lfm2 } from './lfm2.ts';
import { lfm2moe } from './lfm2moe.ts';
import { llama } from './llama.ts';
import { llama4 } from './llama4.ts';
import { mistral3 } from './mistral3.ts';
import { type ModelConfig, readConfig } from './model-config.ts';
import { nomicBert } from './nomic-bert.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen2moe } from './qwen2moe.ts';
import { qwen3 } from './qwen3.ts';
import { qwen3moe } from './qwen3moe.ts';
import { smollm3 } from './smollm3.ts';

export type { Architecture, ModelTensors } from './architecture.ts';
export { type ExpertActivation, type Experts, hasExperts } from './expert-config.ts';
export type {
  Activation,
  BlockAttention,
  ModelConfig,
  Pooling,
  Rope,
  RopePairs,
  Temperature,
} from './model-config.ts';
export {
  type AnyLeaf,
  type AttentionRoles,
  type DenseRoles,
  type ExpertRoles,
  type Leaf,
  type ModelRoles,
  type PlainRoles,
  type RopeFactorRoles,
  type SharedRoles,
  type ShortConvRoles,
  replaceLeaves,
} from './roles.ts';
export type { RopeScaling } from './rope-scaling.ts';

/** One line for each family that Hearth computes. */
export const ARCHITECTURES: readonly Architecture[] = [
  llama,
  qwen2,
  qwen3,
  gemma3,
  phi3,
  smollm3,
  gemma,
  gemma2,
  mistral3,
  lfm2,
  lfm2moe,
  qwen2moe,
  qwen3moe,
  gptOss,
  llama4,
  bert,
  nomicBert,
  gemmaEmbedding,
  ernie45,
];

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
