import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crx, type ManifestV3Export } from '@crxjs/vite-plugin';
import { defineConfig, type Plugin } from 'vite';
import manifest from '../../manifest.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');

/** Files that go into the package as they are: `from` a folder here, those that `match`, under `to`. */
function copy(from: string, match: RegExp, to: string): Plugin {
  return {
    // What is named `crx:` runs in `npm run dev` too
    name: `crx:copy ${from}`,
    generateBundle() {
      const folder = join(root, from);
      for (const name of existsSync(folder) ? readdirSync(folder).filter((file) => match.test(file)) : [])
        this.emitFile({
          type: 'asset',
          fileName: join(to, name),
          source: readFileSync(join(folder, name)),
        });
    },
  };
}

/**
 * Transformers.js knows a server that it would fetch the runtime from where it is given none. It is given ours
 * (`src/worker/task-host.ts`); that no code comes from elsewhere is to be seen in the package itself.
 */
function noServerOfCode(): Plugin {
  return {
    name: 'no server of code',
    transform: (code, id) =>
      id.includes('@huggingface/transformers')
        ? code.replaceAll('https://cdn.jsdelivr.net/', 'https://nowhere.invalid/')
        : undefined,
  };
}

/** Tests of the contexts put a small working engine of their own behind the same contract. */
function fakeEngine(): Plugin {
  return {
    name: 'fake engine',
    enforce: 'pre',
    transform: (code, id) =>
      id.endsWith('src/offscreen/index.ts')
        ? code.replace('../worker/index.ts', '../../test/fakes/engine-worker.ts')
        : undefined,
  };
}

// `vite build --mode fake-engine` is for tests; every other mode builds the product
export default defineConfig(({ mode }) => {
  const isFake = mode === 'fake-engine';
  return {
    root,
    // Models are copied below. A folder that is not there, since `false` makes crx copy the whole repository
    // into the package when it serves
    publicDir: 'out/no-public-folder',
    plugins: [
      ...(isFake ? [fakeEngine()] : []),
      noServerOfCode(),
      crx({ manifest: manifest as ManifestV3Export }),
      copy('models/bundled', /\.gguf$/, 'models/bundled'),
      copy('src/page', /^hearth\.d\.ts$/, '.'),
    ],
    resolve: {
      // One runtime is enough: the one that `src/worker/task-host.ts` hands to the library
      alias: { 'onnxruntime-web/webgpu': 'onnxruntime-web/jspi' },
    },
    worker: { format: 'es', plugins: () => [noServerOfCode()] },
    build: {
      target: 'esnext',
      outDir: isFake ? 'out/fake-engine' : 'dist',
      emptyOutDir: true,
      // Its helper reads `document`, which workers do not have
      modulePreload: false,
      reportCompressedSize: false,
      rollupOptions: {
        // Pages that the manifest does not name
        input: {
          offscreen: 'src/offscreen/index.html',
          bridge: 'src/bridge/index.html',
          prompt: 'src/prompt/index.html',
        },
      },
    },
  };
});
