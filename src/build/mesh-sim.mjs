// @ts-check
// `npm run mesh:sim`: the mesh's simulator, bundled for Node, which runs as many seeds as it is told.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from 'vite';
import { out, root } from './run.mjs';

await build({
  configFile: false,
  root,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: 'test/mesh/main.ts',
    outDir: 'out/mesh-sim',
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'mesh-sim.mjs', codeSplitting: false } },
  },
});
const child = spawn(process.execPath, [resolve(out, 'mesh-sim/mesh-sim.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
child.on('close', (code) => (process.exitCode = code ?? 1));
