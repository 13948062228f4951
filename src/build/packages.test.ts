import { expect, test } from 'vitest';
import { missingPackages } from './packages.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/vite': { version: '8.0.0' },
    'node_modules/vite/node_modules/@x/y': { version: '2.0.0' },
    'node_modules/only-elsewhere': { version: '1.0.0', optional: true },
  },
};
const installed = {
  'node_modules/vite': { version: '8.0.0' },
  'node_modules/vite/node_modules/@x/y': { version: '2.0.0' },
};

test('nothing is missing when every package lies there in its version', () => {
  expect(missingPackages(lock, { packages: installed })).toEqual([]);
});

test('without node_modules everything but the optional packages is missing', () => {
  expect(missingPackages(lock, {})).toEqual(['vite', '@x/y']);
});

test('another version is as good as none', () => {
  const older = { ...installed, 'node_modules/vite': { version: '7.9.9' } };
  expect(missingPackages(lock, { packages: older })).toEqual(['vite']);
});
