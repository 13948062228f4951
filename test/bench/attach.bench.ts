// How long a page that is opened later takes to reach the warm engine, from its first touch of `hearth` to an open
// port, and to what it may know of the models; first with the engine at rest, then while two other pages stream.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { out, root } from '../../src/build/run.mjs';
import { median } from '../../src/engine/gpu/median.ts';
import { BUNDLED_MODEL } from '../../src/protocol/settings.ts';
import { Harness } from '../browser/harness.ts';

const PAGES = 9;
let harness: Harness;

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST));
  await harness.call('background', 'wake');
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: [BUNDLED_MODEL], decision: 'allow' });
});
afterAll(() => harness?.close());

async function attachTimes(): Promise<{ readyMs: number; modelsMs: number }[]> {
  const times: { readyMs: number; modelsMs: number }[] = [];
  for (let i = 0; i < PAGES; i++) {
    const page = await harness.open('http://a.test/');
    times.push(
      await page.evaluate(async () => {
        const start = performance.now();
        await hearth!.ready;
        const readyMs = performance.now() - start;
        await hearth!.models.list();
        return { readyMs, modelsMs: performance.now() - start };
      }),
    );
    await page.close();
  }
  return times;
}

function summary(times: { readyMs: number; modelsMs: number }[]) {
  const of = (values: number[]) => ({
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
  });
  return {
    ready_ms: of(times.map(({ readyMs }) => readyMs)),
    models_ms: of(times.map(({ modelsMs }) => modelsMs)),
  };
}

test('a page opened later attaches to the warm engine', async () => {
  const [one, two] = [await harness.open('http://a.test/'), await harness.open('http://a.test/')];
  await one.evaluate(() => hearth!.completions.create({ prompt: 'It was', max_tokens: 2 }));
  const atRest = await attachTimes();

  const streams = [one, two].map((page) =>
    page.evaluate(async () => {
      const answer = await hearth!.completions.create({ prompt: 'It was', max_tokens: 900, stream: true });
      try {
        for await (const _ of answer) if (Reflect.get(globalThis, 'isEnough')) break;
      } catch {
        // The page closes under it
      }
    }),
  );
  const besideTwo = await attachTimes();
  for (const page of [one, two]) await page.evaluate(() => Reflect.set(globalThis, 'isEnough', true));
  await Promise.all(streams);

  const result = {
    bench: 'attach',
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, adapter: (await harness.status()).adapter },
    pages: PAGES,
    at_rest: summary(atRest),
    beside_two_streams: summary(besideTwo),
  };
  mkdirSync(resolve(out, 'bench'), { recursive: true });
  writeFileSync(resolve(out, 'bench/attach.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify(result, null, 2));
});
