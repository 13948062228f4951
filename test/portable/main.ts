import { runAll } from './vitest.ts';

// The kernels alone: what is judged here is an adapter
const suites = import.meta.glob('../../kernels/**/*.test.ts');
for (const [path, load] of Object.entries(suites)) {
  console.log(path.replace('../../', ''));
  await load();
}
process.exit((await runAll(new RegExp(process.argv[2] ?? ''))) ? 0 : 1);
