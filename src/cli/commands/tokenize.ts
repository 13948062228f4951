import { readFile } from 'node:fs/promises';
import { HearthError } from '../../protocol/errors.ts';
import { Flags } from '../flags.ts';
import { openTokenizer } from '../tokenizer.ts';

/** `{ids}`. No BOS, and special tokens as plain text, unless asked. */
export async function tokenize(args: string[]) {
  const flags = new Flags(args, ['model', 'text', 'file', 'bos', 'parse-special']);
  const text = flags.string('text') ?? (await readText(flags.required('file')));
  const tokenizer = await openTokenizer(flags.required('model'));
  const ids = tokenizer.encode(text, { addSpecial: false, parseSpecial: flags.has('parse-special') });
  if (!flags.has('bos')) return { ids };
  if (tokenizer.bosId === undefined) throw new HearthError('bad-input', 'This model has no BOS token.');
  return { ids: [tokenizer.bosId, ...ids] };
}

export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HearthError('not-found', `The text file ${path} cannot be read.`, { cause });
  });
}
