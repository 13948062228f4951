import { KV_TYPES } from '../../../kernels/kv/kv.ts';
import { layOutWeights } from '../../engine/weights/layout.ts';
import { readModelFile } from '../../engine/model-file.ts';
import { planMemory } from '../../engine/plan/plan.ts';
import { openModelFiles } from '../model-source.ts';
import { Flags } from '../flags.ts';

/** What the file holds and what it needs, without computing anything. */
export async function inspect(args: string[]) {
  const flags = new Flags(args, ['model', 'context', 'kv', 'max-rows']);
  const source = await openModelFiles(flags.required('model'));
  const { gguf, config, tensors, tokenizer, chatTemplate } = await readModelFile(source).finally(() =>
    source.close?.(),
  );
  const layout = layOutWeights(tensors, Number.POSITIVE_INFINITY);
  const plan = planMemory({
    config,
    weightsBytes: layout.bytes,
    budgetBytes: Number.POSITIVE_INFINITY,
    slots: 1,
    maxRows: flags.integer('max-rows', 512, { min: 1 }),
    contextLength: flags.has('context') ? flags.integer('context', 0, { min: 1 }) : undefined,
    kv: flags.oneOf('kv', KV_TYPES),
  });

  const quants: Record<string, { tensors: number; bytes: number }> = {};
  let parameters = 0;
  for (const { type, sizeBytes, shape } of gguf.tensors.values()) {
    const entry = (quants[type] ??= { tensors: 0, bytes: 0 });
    entry.tensors += 1;
    entry.bytes += sizeBytes;
    parameters += shape.reduce((product, length) => product * length, 1);
  }
  return {
    name: config.name,
    architecture: config.architecture,
    parameters,
    file_bytes: source.size,
    gguf_version: gguf.version,
    config,
    tokenizer: {
      tokens: tokenizer.size,
      bos: tokenizer.bosId ?? null,
      eos: tokenizer.eosId ?? null,
      add_bos: tokenizer.addBos,
      end_ids: [...tokenizer.endIds],
    },
    chat_template: chatTemplate !== undefined,
    quants,
    plan: {
      context: plan.contextLength,
      kv: plan.kv,
      weights_bytes: plan.weightsBytes,
      kv_bytes: plan.kvBytes,
      activations_bytes: plan.activationsBytes,
      total_bytes: plan.totalBytes,
    },
  };
}
