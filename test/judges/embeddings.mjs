// @ts-check
// Judges the engine's embeddings by llama.cpp's, on its CPU: from a file and texts to vectors, tokenizer included.
//
//   node test/judges/embeddings.mjs --package ~/somewhere/node_modules/node-llama-cpp --model FILE.gguf
//
// llama.cpp takes GELU by its tanh form and rounds activations, so the two differ by that; a token more or less, or
// another pooling, differs by far more.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseFlags } from '../../src/build/flags.mjs';
import { out } from '../../src/build/run.mjs';
import { main, Trouble } from '../../src/build/trouble.mjs';
import { hearth, openLlamaEmbeddings, PACKAGE_FLAG, relativeError } from './shared.mjs';

const TEXTS = [
  'fire',
  'The house is warm.',
  'Ein Haus am Fluß, älter als 1899?',
  'it\'s "quoted", (bracketed) & half-hyphenated…',
  'ÀÉÎÕÜ ñandú façade Å',
  '私は家にいます。 今天天气很好',
  'tabs\tand   spaces   and\u00a0others',
  'emoji 🔥🏠 and 👩‍🚀',
  '3.14159 + 2,718 = $5.86 ~ 100%',
  'supercalifragilisticexpialidocious antidisestablishmentarianism',
  'a '.repeat(40).trim(),
];
/** llama.cpp's own rounding; relative L2 of a vector. */
const TOLERANCE = 2e-2;

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    package: PACKAGE_FLAG,
    model: { about: 'A model that makes embeddings', takes: 'FILE' },
  });
  if (!flags.model) throw new Trouble('Say which model by --model FILE.');
  const file = resolve(flags.model);
  const expected = await (await openLlamaEmbeddings(flags.package))(file, TEXTS);

  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });
  const lines = resolve(folder, 'texts.txt');
  writeFileSync(lines, TEXTS.join('\n'));
  const { vectors } = hearth('embed', '--model', file, '--file', lines);
  rmSync(lines);

  let wrong = 0;
  for (const [i, text] of TEXTS.entries()) {
    const length = Math.hypot(...(expected[i] ?? []));
    const unit = (expected[i] ?? []).map((value) => value / length);
    const error = relativeError(vectors[i], unit);
    if (!(error <= TOLERANCE)) wrong++;
    console.log(`${error.toExponential(1)}  ${text.slice(0, 60)}${error <= TOLERANCE ? '' : '  too far'}`);
  }
  console.log(`${TEXTS.length - wrong} of ${TEXTS.length} texts within ${TOLERANCE}`);
  if (wrong > 0) process.exitCode = 1;
});
