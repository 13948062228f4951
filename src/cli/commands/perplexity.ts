import { HearthError } from '../../protocol/errors.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { loadModel, ROWS_AT_ONCE } from '../load.ts';
import { readText } from './tokenize.ts';

const DEFAULT_WINDOW = 512;

/**
 * `{ppl, tokens}` of a text, cut into windows that share nothing: each is BOS (if the model has one) and the
 * next tokens, and every token after the first of its window is scored. ppl = exp(mean of −ln p).
 */
export async function perplexity(args: string[]) {
  const flags = new Flags(args, ['model', 'file', ...GPU_FLAGS]);
  const text = await readText(flags.required('file'));
  const model = await loadModel(flags, { slots: ROWS_AT_ONCE, isExact: true });
  const { bosId } = model.file.tokenizer;
  const ids = model.file.tokenizer.encode(text, { addSpecial: false, parseSpecial: false });
  const window = Math.min(model.plan.contextLength, flags.integer('context', DEFAULT_WINDOW, { min: 2 }));
  const step = bosId === undefined ? window : window - 1;

  let nll = 0;
  let tokens = 0;
  for (let start = 0; start < ids.length; start += step) {
    const piece = ids.slice(start, start + step);
    const windowIds = bosId === undefined ? piece : [bosId, ...piece];
    if (windowIds.length < 2) break;
    const rows = await model.logits(windowIds.slice(0, -1), true);
    for (const [i, row] of rows.entries()) nll -= logProbability(row, windowIds[i + 1]!);
    tokens += rows.length;
    process.stderr.write(`\r${tokens}/${ids.length} tokens, ppl ${Math.exp(nll / tokens).toFixed(4)} `);
  }
  process.stderr.write('\n');
  if (tokens === 0) throw new HearthError('bad-input', 'The text is too short: it has no token to score.');
  return { ppl: Math.exp(nll / tokens), tokens };
}

function logProbability(logits: Float32Array, id: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return logits[id]! - max - Math.log(sum);
}
