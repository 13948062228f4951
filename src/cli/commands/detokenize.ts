import { readModelFile } from '../../engine/model-file.ts';
import { HearthError } from '../../protocol/errors.ts';
import { openFile } from '../file-source.ts';
import { Flags } from '../flags.ts';

/** `{text}` */
export async function detokenize(args: string[]) {
  const flags = new Flags(args, ['model', 'ids']);
  const { tokenizer, config } = await readModelFile(await openFile(flags.required('model')));
  return { text: tokenizer.decode(checkIds(flags.ids('ids'), config.vocab)) };
}

export function checkIds(ids: number[], vocab: number): number[] {
  const wrong = ids.find((id) => id >= vocab);
  if (wrong !== undefined)
    throw new HearthError('bad-input', `Token id ${wrong} is outside this model's vocabulary of ${vocab}.`);
  return ids;
}
