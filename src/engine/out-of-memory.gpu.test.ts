// A device with less room than the cap allows, and what of a smaller room is used.
import { expect, test } from 'vitest';
import { engineOn } from '../../test/fakes/engine-on.ts';
import { FaultyGpu } from '../../test/fakes/faulty-gpu.ts';

/** What the model takes of a device where there is room enough, and the ids it gives. */
async function roomy() {
  const faulty = new FaultyGpu();
  const { engine, ask } = engineOn(faulty);
  const ids = await ask();
  return { ids, liveBytes: faulty.liveBytes, ...engine.status().loaded[0]! };
}

test('a device without room for the plan gets a smaller one, and one without room for the weights a sentence', async () => {
  const all = await roomy();
  const faulty = new FaultyGpu();
  const { engine, ask } = engineOn(faulty);

  faulty.faults = { roomBytes: Math.floor((all.weightsBytes + all.liveBytes) / 2) };
  expect(await ask()).toEqual(all.ids);
  const { loaded } = engine.status();
  expect(loaded[0]!.kvBytes + loaded[0]!.activationsBytes).toBeLessThan(all.kvBytes + all.activationsBytes);

  // What does not fit beside it takes its place, since it is idle
  expect(await ask({ model: 'other' })).toEqual(all.ids);
  expect(engine.status().loaded.map(({ id }) => id)).toEqual(['other']);

  await engine.unload('other');
  expect(faulty.liveBytes).toBe(0);
  for (const roomBytes of [all.weightsBytes / 2, all.weightsBytes + 1000]) {
    faulty.faults = { roomBytes };
    await expect(ask()).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/no room for.* [\d.]+ (bytes|KB|MB).*Close other pages.*smaller model/s),
    });
    expect(faulty.liveBytes).toBe(0);
  }

  // It was never lost, and what fits is loaded as if nothing had been
  faulty.faults = {};
  expect(await ask()).toEqual(all.ids);
  expect(faulty.devices).toHaveLength(1);
});
