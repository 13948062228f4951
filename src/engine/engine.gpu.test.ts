import { expect, test } from 'vitest';
import { openInstance } from '../../test/gpu.ts';
import { randomModel } from '../cli/random-model.ts';
import { type GenerateInput, GREEDY } from '../protocol/generate.ts';
import { systemClock } from './clock.ts';
import { Engine } from './engine.ts';

const bytes = randomModel('tiny', 'Q8_0');

/** An engine whose models are all the same small file, under the names a, b, c; it remembers what was opened and closed. */
function engine() {
  const opened: string[] = [];
  const closed: string[] = [];
  const engine = new Engine({
    gpu: openInstance(),
    clock: systemClock,
    async open(id) {
      if (id === 'missing')
        throw Object.assign(new Error('There is no model missing.'), { code: 'not-found' });
      opened.push(id);
      const source = {
        size: bytes.length,
        read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
        close: () => void closed.push(id),
      };
      return { source, name: `Model ${id}` };
    },
  });
  return { engine, opened, closed };
}

const request = {
  model: 'a',
  prompt: { kind: 'ids' as const, ids: [1, 2, 3] },
  maxTokens: 4,
  sampling: GREEDY,
  stop: [],
  origin: 'https://a.example',
  lane: 'interactive' as const,
};

function ask(
  engine: Engine,
  input: Partial<GenerateInput> = {},
  signal = new AbortController().signal,
  onPart = () => {},
) {
  return engine.generate({ ...request, ...input }, async () => onPart(), signal);
}

test('a second request finds the model loaded, and two at once load it once', async () => {
  const { engine: e, opened } = engine();
  await Promise.all([ask(e), ask(e)]);
  await ask(e);
  expect(opened).toEqual(['a']);
});

test('a second model drafts beside the first, under the same cap, and not for itself', async () => {
  const { engine: e, opened } = engine();
  const ids: number[][] = [];
  for (const draftModel of [undefined, 'b']) {
    const answer: number[] = [];
    const input = { ...request, draftModel, maxTokens: 40, prompt: { kind: 'ids' as const, ids: [9, 8, 7] } };
    await e.generate(input, async (part) => void answer.push(...part.ids), new AbortController().signal);
    ids.push(answer);
  }
  expect(ids[1]).toEqual(ids[0]);
  expect(opened).toEqual(['a', 'b']);
  const { memoryBytes } = e.status();
  await e.unload('b');
  expect(e.status().memoryBytes).toBe(memoryBytes / 2);
  await expect(ask(e, { draftModel: 'a' })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(ask(e, { draftModel: 'missing' })).rejects.toMatchObject({ code: 'not-found' });
});

test('the idle model used longest ago makes room for a new one under the memory cap', async () => {
  const { engine: e, closed } = engine();
  await ask(e, { model: 'a' });
  const one = e.status().memoryBytes;
  await e.configure({ caps: { gpuPercent: 100, memoryBytes: 1.5 * one }, defaultModel: 'a' });
  await ask(e, { model: 'b' });
  await ask(e, { model: 'a' });
  await ask(e, { model: 'c' });
  expect(e.status().loaded.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(closed).toEqual(['b']);
  expect(e.status().memoryBytes).toBeLessThanOrEqual(1.5 * one);
});

test('a memory cap lowered while an answer is made lets it end, then frees the model', async () => {
  const { engine: e } = engine();
  let isLowered = false;
  const answer = ask(e, { maxTokens: 20 }, undefined, () => {
    if (isLowered) return;
    isLowered = true;
    void e.configure({ caps: { gpuPercent: 100, memoryBytes: 1e6 }, defaultModel: 'a' });
  });
  expect((await answer).usage.completionTokens).toBe(20);
  expect(e.status().loaded).toEqual([]);
  await expect(ask(e)).rejects.toMatchObject({ code: 'out-of-memory' });
});

test('a cancelled request does not wait for the model, which goes on loading for others', async () => {
  const { engine: e, opened } = engine();
  const abort = new AbortController();
  const cancelled = ask(e, {}, abort.signal);
  abort.abort(new Error('no longer wanted'));
  await expect(cancelled).rejects.toThrow('no longer wanted');
  await ask(e);
  expect(opened).toEqual(['a']);
});

test('a load that failed is tried again', async () => {
  const { engine: e } = engine();
  await expect(ask(e, { model: 'missing' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(ask(e, { model: 'missing' })).rejects.toMatchObject({ code: 'not-found' });
  await ask(e, { model: 'a' });
});

test('the user stops one site, and the others go on', async () => {
  const { engine: e } = engine();
  const stopped: number[] = [];
  const one = ask(e, { maxTokens: 200 }, undefined, () => void stopped.push(e.stop('https://a.example')));
  const other = e.generate(
    {
      model: 'a',
      prompt: { kind: 'ids', ids: [7] },
      maxTokens: 30,
      sampling: GREEDY,
      stop: [],
      origin: 'https://b.example',
      lane: 'interactive',
    },
    async () => {},
    new AbortController().signal,
  );
  await expect(one).rejects.toMatchObject({ code: 'cancelled' });
  expect(stopped[0]).toBe(1);
  expect((await other).usage.completionTokens).toBe(30);
});

test('tokens that do not exist are refused by number', async () => {
  const { engine: e } = engine();
  await expect(ask(e, { prompt: { kind: 'ids', ids: [5, 99_999] } })).rejects.toThrow(/99999.*1024/);
});
