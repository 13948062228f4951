// @ts-check
// Has llama.cpp tokenize strange texts with vocabularies that are made for it, one for each way to cut text and each
// kind of tokenizer, and writes what it makes of them: the golden file of models/tokenizers.
//
//   node test/judges/tokenizers.mjs --package ~/somewhere/node_modules/node-llama-cpp
//   node test/judges/tokenizers.mjs --package … --texts 5000     compares that many, and writes nothing
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runnerImport } from 'vite';
import { parseFlags } from '../../src/build/flags.mjs';
import { out, root } from '../../src/build/run.mjs';
import { main, Trouble } from '../../src/build/trouble.mjs';

const TEXTS = 200;

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    package: { about: 'The folder of the npm package node-llama-cpp, 3.22 or newer', takes: 'FOLDER' },
    texts: { about: 'Compare so many texts, and write nothing', takes: 'COUNT' },
    only: { about: 'Only cases whose names begin so', takes: 'NAME' },
  });
  if (!flags.package)
    throw new Trouble(
      'Say where node-llama-cpp is by --package FOLDER: it is too big to be among the dependencies.',
    );
  const load = async (/** @type {string} */ file) =>
    (await runnerImport(resolve(root, file), { configFile: false, root })).module;
  const { cases, textsOf, digest } = await load('models/tokenizers/golden/cases.ts');
  const { writeGguf } = await load('models/gguf/write-gguf.ts');
  const { readTokenizer } = await load('models/tokenizers/index.ts');
  const { Metadata } = await load('models/gguf/metadata.ts');

  const { getLlama } = await import(pathToFileURL(resolve(flags.package, 'dist/index.js')).href);
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'disabled' });
  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });
  const file = resolve(folder, 'vocabulary.gguf');

  /** @type {Map<string, { cases: string[], addsBos: boolean, digests: string }>} */
  const answers = new Map();
  for (const [name, entries] of cases()) {
    if (!name.startsWith(flags.only ?? '')) continue;
    const { texts, parseSpecial } = textsOf(name, Number(flags.texts ?? TEXTS));
    writeFileSync(file, writeGguf({ metadata: entries }));
    const model = await llama.loadModel({ modelPath: file, vocabOnly: true });
    /** @type {number[][]} */
    const theirs = texts.map((/** @type {string} */ text) => [...model.tokenize(text, parseSpecial)]);
    const addsBos = model.tokens.shouldPrependBosToken;
    await model.dispose();

    const tokenizer = readTokenizer(new Metadata(new Map(entries)));
    /** @type {number[][]} */
    const ours = texts.map((/** @type {string} */ text) => tokenizer.encode(text, { parseSpecial }));
    const wrong = texts.flatMap((/** @type {string} */ _, /** @type {number} */ i) =>
      digest(ours[i]) === digest(theirs[i]) ? [] : [i],
    );
    console.log(`${name.padEnd(28)} ${texts.length - wrong.length} of ${texts.length} alike`);
    if (wrong.length > 0 || tokenizer.addBos !== addsBos) {
      process.exitCode = 1;
      const shown = (/** @type {number[]} */ ids = []) => ids.map((id) => tokenizer.tokenText(id)).join(' ');
      const [first] = wrong;
      console.log(
        `  ${JSON.stringify(texts[first])}\n  theirs ${shown(theirs[first])}\n  ours   ${shown(ours[first])}`,
      );
    }
    const digests = theirs.map(digest).join(' ');
    const known = answers.get(`${addsBos} ${digests}`);
    if (known) known.cases.push(name);
    else answers.set(`${addsBos} ${digests}`, { cases: [name], addsBos, digests });
  }
  rmSync(file);
  await llama.dispose();
  if (flags.texts || flags.only) return;
  const madeWith = 'node-llama-cpp 3.22.1 (llama.cpp) by test/judges/tokenizers.mjs';
  const golden = { madeWith, answers: [...answers.values()] };
  writeFileSync(resolve(root, 'models/tokenizers/golden/cuts.json'), `${JSON.stringify(golden, null, 1)}\n`);
});
