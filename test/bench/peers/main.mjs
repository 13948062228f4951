// @ts-check
// `npm run bench:peers`: Hearth in Node, Hearth in Chromium through the page API, and others on the same file, one
// after the other. JSON goes to out/bench/peers.json, a Markdown table to stdout.
import '../../../src/build/node-version.mjs';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { ensureChromium } from '../../../src/build/chromium.mjs';
import { buildExtension, DIST } from '../../../src/build/extension.mjs';
import { parseFlags, usage, wholeNumber } from '../../../src/build/flags.mjs';
import { out, root } from '../../../src/build/run.mjs';
import { main, Trouble } from '../../../src/build/trouble.mjs';
import { hasGpu, vulkanEnvironment } from '../../../src/build/vulkan.mjs';
import { randomModel } from '../random-model.mjs';
import { outcome, table } from './figures.mjs';
import { measureNode } from './hearth-node.mjs';
import { measurePage } from './hearth-page.mjs';
import { measureLlamaCpp } from './llama-cpp.mjs';
import { serveFiles } from './serve-files.mjs';
import { measureTransformers, TRANSFORMERS } from './transformers.mjs';
import { measureWllama, WLLAMA } from './wllama.mjs';

const GPUS = ['vulkan', 'cuda', 'metal', 'none'];
/** What lets Dawn show f16 on NVIDIA under Linux, where browsers hide it; ggml-webgpu computes nothing without. */
const F16 = '--enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia';
const FLAGS = {
  model: { takes: 'FILE', about: 'a GGUF file; random weights of a shape that suits the machine if absent' },
  prompt: {
    takes: 'N',
    about: 'tokens that are prefilled (512; 32 without a GPU)',
    parse: wholeNumber(2, 4096),
  },
  tokens: { takes: 'N', about: 'tokens of an answer (128; 16 without a GPU)', parse: wholeNumber(2, 4096) },
  streams: { takes: 'N', about: 'pages answered at once (8; 2 without a GPU)', parse: wholeNumber(1, 32) },
  repeat: { takes: 'N', about: 'times (5; 2 without a GPU)', parse: wholeNumber(1, 100) },
  only: { takes: 'NAMES', about: 'some of node,page,wllama,transformers,llama, by commas' },
  llama: { takes: 'FOLDER', about: 'where node-llama-cpp is: npm install --prefix FOLDER node-llama-cpp' },
  'llama-gpu': {
    takes: 'NAME',
    about: `what llama.cpp computes on: ${GPUS.join(', ')}`,
    parse: (/** @type {string} */ value) => {
      if (!GPUS.includes(value))
        throw new Trouble(`--llama-gpu knows ${GPUS.join(', ')}, and got "${value}".`);
      return value;
    },
  },
  extension: { takes: 'FOLDER', about: 'a built extension to measure instead of this one' },
  hearth: { takes: 'FILE', about: 'a built command line to measure instead of this one' },
};

/** @type {import('./figures.mjs').Outcome[]} */
const NOT_HERE = [
  {
    engine: 'WebLLM',
    because:
      'It runs models that its own compiler has made, each with a library of kernels for its shape; none of a GGUF file, and none of random weights.',
  },
];

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), FLAGS);
  if (flags.help) return console.log(`npm run bench:peers measures engines side by side.\n\n${usage(FLAGS)}`);
  const isFast = hasGpu() || process.platform === 'darwin';
  const chromium = await ensureChromium();
  const env = vulkanEnvironment({ chromium });
  const command = [flags.hearth ?? resolve(root, 'src/build/cli.mjs')];
  const work = {
    model: flags.model
      ? resolve(flags.model)
      : await randomModel(isFast ? 'llama-3.2-1b' : 'tiny', 'Q4_0', command),
    prompt: flags.prompt ?? (isFast ? 512 : 32),
    tokens: flags.tokens ?? (isFast ? 128 : 16),
    streams: flags.streams ?? (isFast ? 8 : 2),
    repeat: flags.repeat ?? (isFast ? 5 : 2),
  };
  if (!existsSync(work.model)) throw new Trouble(`There is no file ${work.model}.`);
  if (!flags.extension) await buildExtension();
  const extension = resolve(flags.extension ?? resolve(root, DIST));
  const server = await serveFiles({
    model: work.model,
    folders: { scripts: resolve(WLLAMA, 'esm'), ...TRANSFORMERS },
  });
  const where = { chromium, extension, url: server.url };
  const isWanted = (/** @type {string} */ name) => !flags.only || flags.only.split(',').includes(name);
  const gpu = flags['llama-gpu'] === 'none' ? false : (flags['llama-gpu'] ?? false);

  const outcomes = [];
  const add = async (
    /** @type {string} */ name,
    /** @type {string} */ engine,
    /** @type {() => Promise<Omit<import('./figures.mjs').Outcome, 'engine'>>} */ measure,
  ) => {
    if (!isWanted(name)) measure = async () => ({ because: '--only leaves it out.' });
    outcomes.push(await outcome(engine, measure));
  };
  await add('node', 'Hearth in Node', () => measureNode(work, { command, env }));
  await add('page', 'Hearth in Chromium, through a page', () => measurePage(work, where));
  await add('wllama', 'wllama in Chromium, f16 forced on', () =>
    measureWllama(work, { ...where, flags: [F16] }),
  );
  await add('transformers', 'Transformers.js in Chromium, a graph of the same shape', () =>
    measureTransformers(work, { ...where, shape: isFast ? 'llama-3.2-1b' : 'tiny' }),
  );
  await add('llama', 'llama.cpp through node-llama-cpp', async () =>
    flags.llama
      ? measureLlamaCpp(work, { folder: flags.llama, gpu })
      : {
          because: 'Say where node-llama-cpp is by --llama FOLDER; it is too large to be among the packages.',
        },
  );
  outcomes.push(...NOT_HERE);
  server.close();

  const result = { bench: 'peers', machine: machineOf(), work, outcomes };
  mkdirSync(resolve(out, 'bench'), { recursive: true });
  writeFileSync(resolve(out, 'bench/peers.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(table(outcomes));
  // Dawn and llama.cpp leave threads behind
  process.exit();
});

function machineOf() {
  let gpu;
  try {
    const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
    gpu = execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    // Other machines' GPUs are named by the engines
  }
  return {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    gpu,
    os: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}
