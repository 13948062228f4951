// Who may import whom, as ARCHITECTURE.md says it. Tests may import what they like.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** For each room, the rooms that its files may import from, besides itself. */
const ARROWS: Record<string, string[]> = {
  'src/protocol': [],
  'src/channel': ['src/protocol'],
  'src/page': ['src/channel', 'src/protocol'],
  'src/content': ['src/channel', 'src/protocol'],
  'src/bridge': ['src/channel', 'src/protocol'],
  'src/background': ['src/channel', 'src/protocol'],
  'src/offscreen': ['src/channel', 'src/protocol', 'src/worker', 'src/mesh', 'src/tasks'],
  'src/worker': [
    'src/channel',
    'src/protocol',
    'src/engine',
    'src/mesh',
    'src/storage',
    'src/tasks',
    'src/wasm',
    'models',
  ],
  'src/wasm': ['src/channel', 'src/protocol', 'src/engine', 'models'],
  'src/ui': ['src/channel', 'src/protocol'],
  'src/popup': ['src/ui', 'src/channel', 'src/protocol'],
  'src/prompt': ['src/ui', 'src/channel', 'src/protocol'],
  options: ['src/ui', 'src/channel', 'src/protocol'],
  'src/engine': ['src/protocol', 'kernels', 'models'],
  'src/storage': ['src/protocol', 'models'],
  'src/tasks': ['src/protocol'],
  'src/mesh': ['src/protocol'],
  'src/cli': [
    'src/channel',
    'src/protocol',
    'src/engine',
    'src/mesh',
    'src/offscreen',
    'src/worker',
    'kernels',
    'models',
  ],
  'src/demo': [],
  'src/build': [],
  kernels: [],
  models: [],
};

interface Import {
  from: string;
  to: string;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** Every import of a relative path: static, dynamic, of types, and of workers by URL. */
function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const paths = source.matchAll(/(?:\bfrom|\bimport|\bimport\(|new URL\()\s*['"](\.[^'"]*)['"]/g);
  return [...paths].map(([, path]) => ({
    from: file,
    to: relative(root, resolve(root, dirname(file), path!.replace(/\?.*$/, ''))),
  }));
}

function roomOf(file: string): string {
  const [top, next] = file.split('/');
  return top === 'src' ? `src/${next}` : top!;
}

/** Beside a kernel lie the reference that judges it and what its tests share. */
const isForTests = (file: string) => /\.test\.ts$|^kernels\/.*\/(reference|check)\.ts$/.test(file);

const imports = ['src', 'kernels', 'models', 'options']
  .flatMap(filesUnder)
  .filter((file) => /\.(ts|tsx|mjs|js)$/.test(file) && !isForTests(file))
  .flatMap(importsOf);

test('the imports are found', () => {
  expect(imports).toContainEqual({ from: 'src/channel/serve.ts', to: 'src/protocol/errors.ts' });
  expect(imports).toContainEqual({ from: 'src/offscreen/index.ts', to: 'src/worker/index.ts' });
});

test('every room is on the map', () => {
  const rooms = new Set(imports.map(({ from }) => roomOf(from)));
  expect([...rooms].filter((room) => !(room in ARROWS))).toEqual([]);
});

test('imports point the way they should', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)];
    // The manifest and package.json, in no room, are everybody's
    return here !== there && there in ARROWS && !ARROWS[here]?.includes(there);
  });
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('what the product imports is not in test/', () => {
  expect(imports.filter(({ to }) => roomOf(to) === 'test')).toEqual([]);
});

/** Places that import each other, be it by way of others. */
function circles(placeOf: (file: string) => string | undefined): string[] {
  const reached = (place: string, seen = new Set<string>()): Set<string> => {
    for (const { from, to } of imports) {
      const next = placeOf(to);
      if (placeOf(from) !== place || next === undefined || next === place || seen.has(next)) continue;
      seen.add(next);
      reached(next, seen);
    }
    return seen;
  };
  const places = new Set(imports.flatMap(({ from }) => placeOf(from) ?? []));
  return [...places].filter((place) => reached(place).has(place));
}

test('no two rooms import each other, even by way of others', () => {
  expect(circles(roomOf)).toEqual([]);
});

test('nor do the folders of the mesh', () => {
  const folder = (file: string) => file.match(/^src\/mesh\/([^/]+)\//)?.[1];
  expect(new Set(imports.map(({ from }) => folder(from)))).toContain('planner');
  expect(circles(folder)).toEqual([]);
});

test('nor do the folders of the engine, and the files that lie beside them', () => {
  const place = (file: string) => file.match(/^src\/engine\/([^/]+)/)?.[1];
  expect(new Set(imports.map(({ from }) => place(from)))).toContain('schedule');
  expect(circles(place)).toEqual([]);
});
