import { expect, test } from 'vitest';
import { fakeEngine } from '../../test/fakes/engine.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { serve } from '../channel/serve.ts';
import type { Wire } from '../channel/wire.ts';
import type { EngineCalls, EngineStatus } from '../protocol/engine-calls.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import { Engine } from './engine.ts';

const settings = {
  ...DEFAULT_SETTINGS,
  caps: { gpuPercent: 33, memoryBytes: 2 ** 30 },
  defaultModel: 'mine',
};

function open(readSettings = async () => settings) {
  const workers: Wire[] = [];
  const engine = new Engine({
    open() {
      const [near, far] = memoryWires();
      serve<EngineCalls>(
        far,
        fakeEngine(async () => {}),
      );
      workers.push(far);
      return near;
    },
    settings: readSettings,
    wasmFrames: { take: async () => {}, removeAll() {} },
  });
  return { engine, workers };
}

async function capsOf(engine: Engine): Promise<EngineStatus['caps'] | undefined> {
  for await (const { caps } of (await engine.client()).stream('watch', undefined)) return caps;
  return undefined;
}

test('nothing is started before the first call, and one worker serves all', async () => {
  const { engine, workers } = open();
  expect(workers).toHaveLength(0);
  const clients = await Promise.all([engine.client(), engine.client()]);
  expect(clients[0]).toBe(clients[1]);
  expect(workers).toHaveLength(1);
});

test('the user’s settings hold before anything else is called', async () => {
  const { engine } = open();
  expect(await capsOf(engine)).toEqual(settings.caps);
  expect(await engine.defaultModel()).toBe('mine');
});

test('a worker that broke is followed by another, under the settings as last changed', async () => {
  const { engine, workers } = open();
  const caps = { gpuPercent: 55, memoryBytes: 2 ** 29 };
  await engine.configure({ caps, defaultModel: 'other' });

  workers[0]!.close();
  await (await engine.client()).closed;

  expect(await capsOf(engine)).toEqual(caps);
  expect(await engine.defaultModel()).toBe('other');
  expect(workers).toHaveLength(2);
});

test('settings that cannot be read fail the call, and the next one tries again', async () => {
  let isBroken = true;
  const { engine } = open(async () => {
    if (isBroken) throw new Error('no settings');
    return settings;
  });
  await expect(engine.client()).rejects.toThrow('no settings');
  isBroken = false;
  expect(await capsOf(engine)).toEqual(settings.caps);
});
