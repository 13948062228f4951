// @ts-check
// Judges the engine's logits by llama.cpp's, on its CPU: for every type of weights a small model of random blocks.
//
//   node test/judges/llama-cpp.mjs --package ~/somewhere/node_modules/node-llama-cpp [--types Q2_K,MXFP4] [--shape tiny-moe]
//
// llama.cpp rounds activations to 8 bits and the like before it multiplies, so the two differ by that; a block read
// wrongly differs by far more.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseFlags } from '../../src/build/flags.mjs';
import { out, root } from '../../src/build/run.mjs';
import { main } from '../../src/build/trouble.mjs';
import { hearth, openLlama, PACKAGE_FLAG, relativeError } from './shared.mjs';

const IDS = [3, 1001, 512, 7, 90, 1001, 3, 255];
/** llama.cpp's own rounding; relative L2 of all logits. */
const TOLERANCE = 2e-2;
/** ggml knows these only as what it rounds activations to. */
const NOT_FOR_WEIGHTS = ['Q8_K'];

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    package: PACKAGE_FLAG,
    types: { about: 'Some types instead of all', takes: 'A,B' },
    shape: { about: 'Another shape than tiny, such as tiny-moe', takes: 'SHAPE' },
  });
  const llama = await openLlama(flags.package);
  const types = flags.types?.split(',') ?? allTypes();
  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });

  let wrong = 0;
  for (const type of types) {
    const file = resolve(folder, `random-${type}.gguf`);
    hearth('random', '--shape', flags.shape ?? 'tiny', '--quant', type, '--out', file);
    const { logits } = hearth('logits', '--model', file, '--ids', IDS.join(), '--all');
    const theirs = await llama(file, IDS);
    // Rounding may tip a choice of experts that is nearly even, which changes one position a lot: so the middle one counts
    const error = flags.shape?.endsWith('moe')
      ? median(
          logits.map((/** @type {number[]} */ row, /** @type {number} */ i) =>
            relativeError(row, theirs[i] ?? []),
          ),
        )
      : relativeError(logits.flat(), theirs.flat());
    if (!(error <= TOLERANCE)) wrong++;
    console.log(`${type.padEnd(8)} ${error.toExponential(1)}${error <= TOLERANCE ? '' : '  too far'}`);
    rmSync(file);
  }
  console.log(
    `${types.length - wrong} of ${types.length} types within ${TOLERANCE} at ${IDS.length} positions`,
  );
  if (wrong > 0) process.exitCode = 1;
});

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Each type has a folder of its name. */
function allTypes() {
  return readdirSync(resolve(root, 'kernels/quants'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name.toUpperCase().replaceAll('-', '_'))
    .filter((type) => !NOT_FOR_WEIGHTS.includes(type));
}
