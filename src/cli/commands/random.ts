import { writeFile } from 'node:fs/promises';
import { Flags } from '../flags.ts';
import { randomModel } from '../random-model.ts';

/** Writes a model of random weights and a known shape, for `bench`. */
export async function random(args: string[]) {
  const flags = new Flags(args, ['shape', 'quant', 'out']);
  const bytes = randomModel(flags.required('shape'), flags.required('quant'));
  const out = flags.required('out');
  await writeFile(out, bytes);
  return { out, bytes: bytes.length };
}
