// @ts-check
// `npm run soak -- --minutes 120 --seed 1`: everything at once for a long time, on Dawn in Node. Figures go to
// out/soak/soak.json.
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
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
copyFileSync(resolve(root, 'test/golden/embeddings/bert.safetensors'), resolve(out, 'soak/bert.safetensors'));
const env = vulkanEnvironment({ chromium: findChromium() });
const args = ['--expose-gc', resolve(out, 'soak/soak.mjs'), ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.on('SIGINT', () => {});
child.on('close', (code) => (process.exitCode = code ?? 1));
