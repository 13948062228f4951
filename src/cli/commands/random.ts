import { open } from 'node:fs/promises';
import { writeGgufHeader } from '../../../models/gguf/write-gguf.ts';
import { Flags } from '../flags.ts';
import { randomFile } from '../random-model.ts';

/** Writes a model of random weights and a known shape, for `bench`. */
export async function random(args: string[]) {
  const flags = new Flags(args, ['shape', 'quant', 'out']);
  const file = randomFile(flags.required('shape'), flags.required('quant'));
  const out = flags.required('out');
  const header = writeGgufHeader(file);
  const handle = await open(out, 'w');
  let bytes = 0;
  const write = async (piece: Uint8Array) => void (bytes += (await handle.write(piece)).bytesWritten);
  try {
    await write(header.bytes);
    for (const { pieces } of file.tensors) {
      for (const piece of pieces()) await write(piece);
      await write(new Uint8Array(-bytes & (header.alignment - 1)));
    }
  } finally {
    await handle.close();
  }
  return { out, bytes };
}
