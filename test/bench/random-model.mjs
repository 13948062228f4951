// @ts-check
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { out, run } from '../../src/build/run.mjs';

/**
 * A model file of random weights, the same ones each time, made once.
 * @param {string} shape
 * @param {string} quant
 * @param {string[]} command The command line of Hearth
 */
export async function randomModel(shape, quant, command) {
  const file = resolve(out, `bench/${shape}-${quant}.gguf`);
  if (existsSync(file)) return file;
  mkdirSync(resolve(out, 'bench'), { recursive: true });
  const args = [...command, 'random', '--shape', shape, '--quant', quant, '--out', file];
  await run(process.execPath, args, { output: 'kept' });
  return file;
}
