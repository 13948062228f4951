// @ts-check
// `npm run table`: measures every type and architecture here, and writes docs/exactness.md and its part of README.md of what
// this and other machines have measured. `-- --from FILE` takes what `npm run test:gpu` noted on a machine with a GPU instead.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findChromium } from './chromium.mjs';
import { exactnessPage, figuresOf, withTables } from './exactness-page.mjs';
import { parseFlags } from './flags.mjs';
import { out, root } from './run.mjs';
import { main, Trouble } from './trouble.mjs';
import { vulkanEnvironment } from './vulkan.mjs';

const docs = resolve(root, 'docs/exactness');

/** Where something is measured. */
const SUITES = [
  'kernels/mat-vec/mat-vec.test',
  'kernels/mat-mul/mat-mul.test',
  'kernels/embedding',
  'kernels/experts/experts.test',
  'test/golden/types',
  'test/golden/architectures/architectures',
  'test/golden/architectures/forms',
  'test/golden/embeddings',
];

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), {
    from: { about: 'The notes of another machine', takes: 'FILE' },
    render: { about: 'Measures nothing, writes the page again' },
  });
  mkdirSync(docs, { recursive: true });
  if (!flags.render) {
    const notes = flags.from ? resolve(flags.from) : measureHere();
    if (!existsSync(notes)) throw new Trouble(`There are no notes in ${notes}.`);
    const figures = figuresOf(readFileSync(notes, 'utf8'));
    const name = figures.adapter
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    writeFileSync(resolve(docs, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  }
  const machines = readdirSync(docs)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(resolve(docs, name), 'utf8')));
  writeFileSync(resolve(root, 'docs/exactness.md'), exactnessPage(machines));
  const readme = resolve(root, 'README.md');
  writeFileSync(readme, withTables(readFileSync(readme, 'utf8'), machines));
});

/** @returns {string} The file of the notes */
function measureHere() {
  const notes = resolve(out, 'exactness.jsonl');
  rmSync(notes, { force: true });
  const args = ['vitest', 'run', '-c', 'test/vitest.config.ts', '--project', 'kernels', ...SUITES];
  const env = { ...process.env, ...vulkanEnvironment({ chromium: findChromium() }), HEARTH_EXACTNESS: notes };
  const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) throw new Trouble('Some tests failed: what they measured is worth nothing.');
  return notes;
}
