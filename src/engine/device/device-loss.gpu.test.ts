// A device that goes at every kind of moment, judged by what the same engine gives undisturbed.
import { beforeAll, describe, expect, test } from 'vitest';
import { engineOn } from '../../../test/fakes/engine-on.ts';
import { type Asked, FaultyGpu } from '../../../test/fakes/faulty-gpu.ts';

const LONG = Array.from({ length: 70 }, (_, i) => (i * 37) % 1000);

/** What is asked of the engine all at once, and what it gives: two answers, one of a long prompt, and vectors. */
async function askAll({ ask, embed }: ReturnType<typeof engineOn>) {
  const [short, long, vectors] = await Promise.all([
    ask(),
    ask({ prompt: { kind: 'ids', ids: LONG }, origin: 'https://b.example' }),
    embed(),
  ]);
  return { short, long, vectors };
}

let undisturbed: Awaited<ReturnType<typeof askAll>>;
/** How often the device is asked for each kind of thing in all this. */
const asked: Asked[] = [];

beforeAll(async () => {
  undisturbed = await askAll(engineOn(new FaultyGpu({ losesAt: (what) => asked.push(what) < 0 })));
});

/** Moments by what the device is asked for: found by name, so that they stay where they are when the engine changes. */
const MOMENTS: Record<string, () => Asked> = {
  'the first buffer of a model': () => asked.find(({ what }) => what === 'buffer')!,
  'a weight on its way': () => asked.filter(({ what }) => what === 'write')[5]!,
  'a kernel being compiled': () => asked.filter(({ what }) => what === 'pipeline').at(-1)!,
  'a prompt’s second step': () => asked.filter(({ what }) => what === 'submit')[1]!,
  'an answer half-way': () => asked.filter(({ what }) => what === 'submit')[8]!,
};

describe('a device that is lost at', () => {
  test.each(Object.keys(MOMENTS))('%s costs no token and doubles none', async (moment) => {
    const { what, index } = MOMENTS[moment]!();
    const faulty = new FaultyGpu({
      losesAt: (asked) => asked.device === 0 && asked.what === what && asked.index === index,
    });
    const world = engineOn(faulty);
    expect(await askAll(world)).toEqual(undisturbed);
    expect(faulty.devices).toHaveLength(2);
    for (const { id } of world.engine.status().loaded) await world.engine.unload(id);
    expect(faulty.devices.map(({ live }) => [...live.values()])).toEqual([[], []]);
  });
});
