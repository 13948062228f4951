// How long the first call of a page takes when the engine is warm: hand-over, consent and one answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild());
  await harness.call('background', 'wake');
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
});
afterAll(() => harness?.close());

/** Generous: other tests may share these cores. Alone on two of them it is under 100 ms. */
const BOUND_MS = 400;

test('a page opened later attaches to the warm engine', async () => {
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    const page = await harness.open('http://a.test/');
    times.push(
      await page.evaluate(async () => {
        const start = performance.now();
        await hearth!.ready;
        return performance.now() - start;
      }),
    );
  }
  const [first, ...later] = times.map(Math.round);
  console.log(`attach: first page ${first} ms, later pages ${later.join(', ')} ms`);
  expect(Math.min(...later)).toBeLessThan(BOUND_MS);
});
