// @ts-check
// `npm run soak -- --minutes 120 --seed 1`: everything at once for a long time, on Dawn in Node, or with `--browser` through
// the built extension in Chromium. Figures go to out/soak.
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findChromium } from './chromium.mjs';
import { out, root } from './run.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

const isInBrowser = process.argv.includes('--browser');
const script = isInBrowser ? resolve(root, 'test/soak/browser.mjs') : await bundle();
const env = vulkanEnvironment({ chromium: findChromium() });
const args = ['--expose-gc', script, ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.on('SIGINT', () => {});
child.on('close', (code) => (process.exitCode = code ?? 1));

async function bundle() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['webgpu'] },
    build: {
      ssr: 'test/soak/main.ts',
      outDir: 'out/soak',
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'soak.mjs', codeSplitting: false } },
    },
  });
  // Where the bundle looks for it: beside itself
  copyFileSync(
    resolve(root, 'test/golden/embeddings/bert.safetensors'),
    resolve(out, 'soak/bert.safetensors'),
  );
  return resolve(out, 'soak/soak.mjs');
}
