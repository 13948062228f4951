import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { HearthError } from '../../protocol/errors.ts';
import { flag, integer, listOf, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

/** Pairs that go through the model at once. */
const BATCH = 16;

/**
 * How well each document answers a query, by a model that reads both (a cross-encoder): `pipe(query, documents, { top_k,
 * return_documents })` resolves to `[{ corpus_id, score, text? }]`, the best first. Transformers.js has the model and no
 * pipeline for it.
 */
export const rerank: Task = {
  name: 'rerank',
  model: 'Xenova/ms-marco-MiniLM-L-6-v2',
  parse: taskArgs(text, { top_k: integer(1, 10_000), return_documents: flag }, [
    ['documents', listOf(text, 1)],
  ]),
  filesOf: 'text-classification',
  async load({ AutoTokenizer, AutoModelForSequenceClassification }, { name, dtype, session_options }) {
    const options = { dtype: dtype as 'fp32', device: 'auto' as const, session_options };
    const [tokenizer, model] = await Promise.all([
      AutoTokenizer.from_pretrained(name),
      AutoModelForSequenceClassification.from_pretrained(name, options),
    ]);
    const score = (query: string, documents: string[]) => scores(tokenizer, model, query, documents);
    return Object.assign(
      (query: unknown, documents: unknown) => score(query as string, documents as string[]),
      {
        dispose: async () => void (await model.dispose()),
      },
    );
  },
  async run(pipeline, { inputs: [query, ...others], rest, options }) {
    if (others.length > 0) throw new HearthError('bad-input', 'One call reranks for one query.');
    const documents = rest[0] as string[];
    const ranked = ((await pipeline(query, documents)) as number[])
      .map((score, corpus_id) => ({
        corpus_id,
        score,
        ...(options.return_documents === true && { text: documents[corpus_id] }),
      }))
      .sort((a, b) => b.score - a.score);
    return ranked.slice(0, (options.top_k as number | undefined) ?? ranked.length);
  },
};

/** The model's one logit for each pair, through a sigmoid: 0 to 1. */
async function scores(
  tokenizer: PreTrainedTokenizer,
  model: PreTrainedModel,
  query: string,
  documents: string[],
): Promise<number[]> {
  const all: number[] = [];
  for (let at = 0; at < documents.length; at += BATCH) {
    const batch = documents.slice(at, at + BATCH);
    const inputs = tokenizer(Array<string>(batch.length).fill(query), {
      text_pair: batch,
      padding: true,
      truncation: true,
    });
    const { logits } = (await model(inputs)) as { logits: Tensor };
    if (logits.dims[1] !== 1)
      throw new HearthError(
        'unsupported-model',
        `A model that reranks gives one score, and this one gives ${logits.dims[1]}. Choose a cross-encoder.`,
      );
    all.push(...(logits.sigmoid().data as Float32Array));
  }
  return all;
}
