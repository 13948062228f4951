import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runAll } from './vitest.ts';

// What the tests measure is noted for the table of errors
process.env.HEARTH_EXACTNESS ??= join(import.meta.dirname, 'exactness.jsonl');
rmSync(process.env.HEARTH_EXACTNESS, { force: true });

// The kernels, and the models whose answers are known: what is judged here is an adapter
const suites = import.meta.glob([
  '../../kernels/**/*.test.ts',
  '../golden/types.test.ts',
  '../golden/architectures/{architectures,forms,halves}.test.ts',
  '../golden/embeddings/*.test.ts',
  '../../src/engine/adapters/*.gpu.test.ts',
]);
for (const [path, load] of Object.entries(suites)) {
  console.log(path.replace('../../', ''));
  await load();
}
process.exit((await runAll(new RegExp(process.argv[2] ?? ''))) ? 0 : 1);
