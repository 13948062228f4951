// @ts-check
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { findChromium } from './chromium.mjs';
import { ensurePackages } from './packages.mjs';
import { out, root, step } from './run.mjs';
import { buildIfStale } from './sources.mjs';
import { main } from './trouble.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

const SOURCES = ['package-lock.json', 'src', 'kernels', 'models'];

await main(async () => {
  await ensurePackages();
  await buildIfStale({ output: 'out/cli', sources: SOURCES }, () =>
    step('Building the command line', bundle),
  );

  const args = process.argv.slice(2);
  // The driver is chosen by the environment that a process starts with, so this flag works here
  const env = vulkanEnvironment({ chromium: findChromium(), icd: readFlag('--vulkan-icd', args) });
  // npm runs its scripts in the repository; file names are meant from where the user is
  const cwd = process.env.npm_lifecycle_event === 'hearth' ? process.env.INIT_CWD : undefined;
  const bundled = resolve(out, 'cli/hearth.mjs');
  // PeerJS wants the WebSocket that Node 20 has behind a flag, and later ones have anyway
  const child = spawn(process.execPath, ['--experimental-websocket', bundled, ...args], {
    cwd,
    env,
    stdio: 'inherit',
  });

  // Ctrl-C reaches the child too: it decides how to end, and we end as it did
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done(code ?? 1));
  });
});

/** One file that needs nothing but Node and the package `webgpu`, so that it can be carried to another machine. */
async function bundle() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    publicDir: false,
    // Errors are thrown; anything else would go to stdout, which is the command's
    logLevel: 'silent',
    ssr: { noExternal: true, external: ['webgpu', 'node-datachannel'] },
    build: {
      ssr: 'src/cli/main.ts',
      outDir: 'out/cli',
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'hearth.mjs', codeSplitting: false } },
    },
  });
}

/**
 * @param {string} flag
 * @param {string[]} args
 */
function readFlag(flag, args) {
  const i = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return i < 0 ? undefined : args[i]?.slice(flag.length + 1) || args[i + 1];
}
