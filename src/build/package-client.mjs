// Builds the npm package that sites use, into `dist-client/`.
// @ts-check
import './node-version.mjs';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { root, run, tool } from './run.mjs';
import { main } from './trouble.mjs';

const FOLDER = resolve(root, 'dist-client');
const SOURCE = resolve(root, 'src/page/client');

await main(async () => {
  await ensurePackages();
  // Imported here, since it may have been installed only now
  const { build } = await import('vite');
  rmSync(FOLDER, { recursive: true, force: true });
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: FOLDER,
      minify: false,
      target: 'es2022',
      lib: {
        entry: { index: resolve(SOURCE, 'index.ts'), 'ai-sdk': resolve(SOURCE, 'ai-sdk.ts') },
        formats: ['es'],
      },
      rolldownOptions: { external: ['@ai-sdk/openai-compatible'] },
    },
  });
  await run(tool('tsc'), ['-p', 'src/page/client/tsconfig.json', '--outDir', FOLDER], { output: 'kept' });
  // In the package the types lie beside it
  const types = resolve(FOLDER, 'index.d.ts');
  writeFileSync(types, readFileSync(types, 'utf8').replaceAll('../hearth.d.ts', './hearth.d.ts'));
  cpSync(resolve(root, 'src/page/hearth.d.ts'), resolve(FOLDER, 'hearth.d.ts'));
  cpSync(resolve(SOURCE, 'README.md'), resolve(FOLDER, 'README.md'));
  cpSync(resolve(root, 'LICENSE'), resolve(FOLDER, 'LICENSE'));

  const { version, license, devDependencies } = JSON.parse(
    readFileSync(resolve(root, 'package.json'), 'utf8'),
  );
  const provider = '@ai-sdk/openai-compatible';
  const about = {
    name: 'hearth-client',
    version,
    description: 'Finds Hearth, the inference engine that all pages of a machine share, and speaks to it',
    license,
    type: 'module',
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './ai-sdk': { types: './ai-sdk.d.ts', default: './ai-sdk.js' },
    },
    peerDependencies: { [provider]: `^${devDependencies[provider]}` },
    peerDependenciesMeta: { [provider]: { optional: true } },
  };
  writeFileSync(resolve(FOLDER, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  console.log('dist-client: publish it with `npm publish dist-client`.');
});
