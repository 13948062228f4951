// @ts-check
// Judges `hearth perplexity` by llama.cpp's on its CPU, on the files of stories260K and a text of that model.
//
//   node test/judges/perplexity.mjs --package ~/somewhere/node_modules/node-llama-cpp
//
// Writes out/judges/perplexity.json.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseFlags } from '../../src/build/flags.mjs';
import { out, root } from '../../src/build/run.mjs';
import { main, Trouble } from '../../src/build/trouble.mjs';
import { hearth, openLlama, PACKAGE_FLAG } from './shared.mjs';

const TYPES = ['f32', 'f16', 'q8_0', 'q4_0'];
/** Of the whole text's perplexity. */
const TOLERANCE = 2e-3;
const WINDOW = 256;

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), { package: PACKAGE_FLAG });
  const data = resolve(root, '../shared/data/stories260K');
  if (!existsSync(data))
    throw new Trouble('The files of stories260K are not beside the checkout, in shared/data.');
  const llama = await openLlama(flags.package);
  const fileOf = (/** @type {string} */ type) => resolve(data, `stories260K-${type}.gguf`);

  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });
  const textFile = resolve(folder, 'story.txt');
  writeFileSync(textFile, story(fileOf('f32')));

  /** @type {Record<string, { hearth: number, llamaCpp: number, difference: number, tokens: number }>} */
  const results = {};
  for (const type of TYPES) {
    const file = fileOf(type);
    const { ppl, tokens } = hearth(
      'perplexity',
      '--model',
      file,
      '--file',
      textFile,
      '--context',
      `${WINDOW}`,
    );
    const { ids } = hearth('tokenize', '--model', file, '--file', textFile);
    const judged = await perplexity(
      (ids) => llama(file, ids),
      ids,
      hearth('inspect', '--model', file).tokenizer.bos,
    );
    const difference = Math.abs(ppl / judged - 1);
    results[type] = { hearth: ppl, llamaCpp: judged, difference, tokens };
    const verdict = difference <= TOLERANCE ? '' : '  too far';
    console.log(
      `${type.padEnd(5)} ${ppl.toFixed(5)} and ${judged.toFixed(5)}: ${(100 * difference).toFixed(4)} %${verdict}`,
    );
  }
  writeFileSync(resolve(folder, 'perplexity.json'), `${JSON.stringify(results, null, 2)}\n`);
  if (Object.values(results).some(({ difference }) => !(difference <= TOLERANCE))) process.exitCode = 1;
});

/** What the model tells, by chance, so that its text has tokens of every likelihood. */
function story(/** @type {string} */ model) {
  const answers = [1, 2, 3].map((seed) =>
    hearth(
      'generate',
      '--model',
      model,
      '--prompt',
      'Once upon a time',
      '--temperature',
      '1',
      '--seed',
      `${seed}`,
      '--max-tokens',
      '240',
    ),
  );
  return answers.map(({ text }) => `Once upon a time${text}`).join('\n');
}

/**
 * Windows as `hearth perplexity` has them: BOS and the next tokens, each token after the first scored.
 * @param {(ids: number[]) => Promise<number[][]>} logitsOf
 * @param {number[]} ids
 * @param {number} bos
 */
async function perplexity(logitsOf, ids, bos) {
  let nll = 0;
  let tokens = 0;
  for (let start = 0; start < ids.length; start += WINDOW - 1) {
    const window = [bos, ...ids.slice(start, start + WINDOW - 1)];
    const rows = await logitsOf(window.slice(0, -1));
    for (const [i, row] of rows.entries()) {
      const max = row.reduce((a, b) => Math.max(a, b));
      const sum = row.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
      nll -= (row[window[i + 1] ?? -1] ?? Number.NaN) - max - Math.log(sum);
      tokens++;
    }
  }
  return Math.exp(nll / tokens);
}
