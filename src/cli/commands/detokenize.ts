import { HearthError } from '../../protocol/errors.ts';
import { Flags } from '../flags.ts';
import { openTokenizer } from '../tokenizer.ts';

/** `{text}` */
export async function detokenize(args: string[]) {
  const flags = new Flags(args, ['model', 'ids']);
  const tokenizer = await openTokenizer(flags.required('model'));
  return { text: tokenizer.decode(checkIds(flags.ids('ids'), tokenizer.size)) };
}

export function checkIds(ids: number[], vocab: number): number[] {
  const wrong = ids.find((id) => id >= vocab);
  if (wrong !== undefined)
    throw new HearthError('bad-input', `Token id ${wrong} is outside this model's vocabulary of ${vocab}.`);
  return ids;
}
