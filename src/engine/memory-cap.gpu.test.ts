// What is on the device, counted buffer by buffer, against what the user allows and what the plan says.
import { expect, test } from 'vitest';
import { adapterFile } from '../../test/fakes/adapter-files.ts';
import { engineOn } from '../../test/fakes/engine-on.ts';
import { FaultyGpu } from '../../test/fakes/faulty-gpu.ts';

const DIM = 256;
const adapter = adapterFile({
  tensors: {
    'blk.0.attn_q.weight.lora_a': { shape: [DIM, 4] },
    'blk.0.attn_q.weight.lora_b': { shape: [4, DIM] },
  },
});
const source = {
  size: adapter.length,
  read: async (at: number, length: number) => adapter.slice(at, at + length),
};

test('the memory cap holds at every moment of load, run, change and swap', async () => {
  const faulty = new FaultyGpu();
  const { engine, ask, embed } = engineOn(faulty);
  let capBytes = 1e9;
  const over: string[] = [];
  faulty.onGrowth = (live) => {
    if (live > capBytes) over.push(`${live} bytes where ${capBytes} were allowed`);
  };
  const allow = async (bytes: number) => {
    await engine.configure({ caps: { gpuPercent: 100, memoryBytes: bytes }, defaultModel: 'text' });
    capBytes = bytes;
    expect(faulty.liveBytes).toBeLessThanOrEqual(capBytes);
  };
  const isCounted = () => {
    const { memoryBytes, loaded } = engine.status();
    expect(faulty.liveBytes).toBeLessThanOrEqual(memoryBytes);
    // But for room that pages being saved have
    expect(faulty.liveBytes).toBeGreaterThan(memoryBytes - loaded.length * 2e6);
  };

  await allow(1e9);
  const ids = await ask();
  isCounted();
  const { memoryBytes } = engine.status();

  // Not for two: the idle one goes first
  await allow(1.05 * memoryBytes);
  expect(await ask({ model: 'other' })).toEqual(ids);
  expect(engine.status().loaded.map(({ id }) => id)).toEqual(['other']);
  isCounted();

  await engine.loadAdapter({ model: 'other', adapter: 'a', scale: 1 }, source);
  expect(await ask({ model: 'other' })).toEqual(ids);
  isCounted();

  // Not even for one as it was: it comes back smaller
  await allow(0.6 * memoryBytes);
  expect(faulty.liveBytes).toBe(0);
  expect(await ask()).toEqual(ids);
  isCounted();
  await embed();
  isCounted();

  await allow(1000);
  await expect(ask()).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(faulty.liveBytes).toBe(0);
  expect(over).toEqual([]);
});
