import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  // What browsers get of it; its other half wants libraries that are not installed
  resolve: {
    alias: {
      '@huggingface/transformers': `${root}node_modules/@huggingface/transformers/dist/transformers.web.js`,
    },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'models/**/*.test.ts',
            'options/**/*.test.ts',
            'test/*.test.ts',
            'test/contracts/**/*.test.ts',
            'test/mesh/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
          ],
          exclude: ['**/*.gpu.test.ts'],
          environment: 'node',
        },
      },
      {
        extends: true,
        test: {
          // Kernels and engine on Dawn in Node: a software adapter here, any GPU elsewhere
          name: 'kernels',
          include: ['kernels/**/*.test.ts', 'src/**/*.gpu.test.ts', 'test/golden/**/*.test.ts'],
          environment: 'node',
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          // They print figures and write them to out/bench; `npm run bench:…`, never part of `npm test`
          name: 'bench',
          include: ['test/bench/**/*.bench.ts'],
          environment: 'node',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // The built extension in a real Chromium
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          environment: 'node',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
