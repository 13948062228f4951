// @ts-check
import { run, step, tool } from './run.mjs';
import { buildIfStale } from './sources.mjs';

/** The built extension's folder, relative to the repository. */
export const DIST = 'dist';

const SOURCES = ['manifest.json', 'package-lock.json', 'src', 'kernels', 'models', 'options'];

export const build = () =>
  step('Building the extension', () =>
    run(tool('vite'), ['build', '-c', 'src/build/vite.config.ts', '--logLevel', 'warn']),
  );

export const buildExtension = () => buildIfStale({ output: DIST, sources: SOURCES }, build);
