import {
  type Architecture,
  type ModelConfig,
  type ModelTensors,
  readModel,
} from '../../models/architectures/index.ts';
import { checkGeneral, checkTokenizerKeys } from '../../models/check-metadata.ts';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { type Gguf, readGguf } from '../../models/gguf/read-gguf.ts';
import { type Tokenizer, readTokenizer } from '../../models/tokenizers/index.ts';

/** A model file understood: everything but its weights. */
export interface ModelFile {
  gguf: Gguf;
  architecture: Architecture;
  config: ModelConfig;
  tensors: ModelTensors;
  tokenizer: Tokenizer;
  /** Jinja, as the file has it. */
  chatTemplate: string | undefined;
}

/** Reads the header alone. Fails with a `ModelError` that names what is wrong or not supported. */
export async function readModelFile(source: ByteSource): Promise<ModelFile> {
  const gguf = await readGguf(source);
  checkGeneral(gguf.metadata);
  const { architecture, config, tensors } = readModel(gguf);
  const tokenizer = readTokenizer(gguf.metadata);
  checkTokenizerKeys(gguf.metadata);
  return {
    gguf,
    architecture,
    config,
    tensors,
    tokenizer,
    chatTemplate: gguf.metadata.string('tokenizer.chat_template', undefined),
  };
}
