import { Flags, GPU_FLAGS } from '../flags.ts';
import { loadModel, ROWS_AT_ONCE } from '../load.ts';
import { checkIds } from './detokenize.ts';

/** `{logits}`: one row after the last id, or with `--all` one after each. */
export async function logits(args: string[]) {
  const flags = new Flags(args, ['model', 'ids', 'all', ...GPU_FLAGS]);
  const ids = flags.ids('ids');
  const model = await loadModel(flags, { slots: ROWS_AT_ONCE, isExact: true });
  const rows = await model.logits(checkIds(ids, model.file.config.vocab), flags.has('all'));
  return { logits: rows.map((row) => Array.from(row)) };
}
