// @ts-check
// `npm run test:gpu`: the kernel tests as one file that needs Node and the package `webgpu` only, to be carried to a
// machine with a GPU, and run here. HEARTH_DAWN holds Dawn's options, such as those that let NVIDIA's f16 be seen.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from 'vite';
import { findChromium } from './chromium.mjs';
import { out, root } from './run.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

await build({
  configFile: false,
  root,
  publicDir: false,
  logLevel: 'warn',
  resolve: { alias: { vitest: resolve(root, 'test/portable/vitest.ts') } },
  ssr: { noExternal: true, external: ['webgpu'] },
  build: {
    ssr: 'test/portable/main.ts',
    outDir: 'out/gpu-tests',
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'gpu-tests.mjs', codeSplitting: false } },
  },
});
if (!process.argv.includes('--build')) {
  const child = spawn(process.execPath, [resolve(out, 'gpu-tests/gpu-tests.mjs'), ...process.argv.slice(2)], {
    env: vulkanEnvironment({ chromium: findChromium() }),
    stdio: 'inherit',
  });
  child.on('close', (code) => (process.exitCode = code ?? 1));
}
