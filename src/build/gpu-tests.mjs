// @ts-check
// `npm run test:gpu`: the tests that judge an adapter, as a folder that needs Node and the package `webgpu` only, to be
// carried to a machine with a GPU, and run here. HEARTH_DAWN holds Dawn's options, such as those that let NVIDIA's f16 be
// seen. What they measure goes to `exactness.jsonl` beside them, or where HEARTH_EXACTNESS says: `npm run table` takes it.
import { spawn } from 'node:child_process';
import { dirname, relative, resolve } from 'node:path';
import { cpSync, readdirSync } from 'node:fs';
import { build } from 'vite';
import { findChromium } from './chromium.mjs';
import { out, root } from './run.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

await build({
  configFile: false,
  root,
  publicDir: false,
  logLevel: 'warn',
  plugins: [fixtures()],
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

/**
 * Tiny models lie beside their tests; in the bundle they keep their places under its folder.
 * @returns {import('vite').Plugin}
 */
function fixtures() {
  const folders = ['test/golden/architectures', 'test/golden/embeddings'];
  return {
    name: 'fixtures',
    transform(code, id) {
      const folder = relative(root, dirname(id));
      if (!folders.includes(folder)) return undefined;
      return code.replaceAll(
        'import.meta.dirname',
        `(import.meta.dirname + ${JSON.stringify(`/${folder}`)})`,
      );
    },
    writeBundle() {
      for (const folder of folders)
        for (const name of readdirSync(resolve(root, folder)).filter((name) => name.endsWith('.safetensors')))
          cpSync(resolve(root, folder, name), resolve(out, 'gpu-tests', folder, name));
    },
  };
}
