// Texts that have to leave a small cache, on a stepper whose pages keep what was written to them.
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { MemoryDirectory } from '../../../test/fakes/memory-directory.ts';
import { openPagedRunner, pagedPlan } from '../../../test/fakes/paged-runner.ts';
import { TextStore } from '../../storage/text-store.ts';
import type { PageBytes } from '../step/page-bytes.ts';
import { TextSaver } from './text-saver.ts';

/** Room for about two texts of 80 tokens. */
const PAGES = 45;
const textOf = (seed: number) => Array.from({ length: 80 }, (_, i) => (i * seed) % 200);

/** `isRead` is waited for before a text that was read is saved. */
async function open(isRead = Promise.resolve()) {
  const directory = new MemoryDirectory();
  const store = await TextStore.open({ directory, time: { now: () => 0 }, capBytes: 1e6 });
  const saved: string[] = [];
  const { step, runner, ask } = openPagedRunner({ sample: ({ length }) => length % 200, pageCount: PAGES });
  const read = async (pages: readonly number[]) => {
    const bytes = await step.pageBytes.read(pages);
    await isRead;
    return bytes;
  };
  const saver = new TextSaver({
    store: {
      find: (owner, tokens) => store.find(owner, tokens),
      forget: (origin) => store.forget(origin),
      async save(owner, tokens, bytes) {
        saved.push(owner.origin);
        await store.save(owner, tokens, bytes);
      },
    },
    source: { size: 1, read: async () => new Uint8Array(1) },
    plan: pagedPlan(20, PAGES),
    runner,
    clock: fakeClock(),
    step: () => ({ pageBytes: { ...step.pageBytes, read } as unknown as PageBytes, variants: {} }),
  });
  const say = (ids: number[], origin: string) => ask({ ids, maxTokens: 4, origin });
  return { store, saved, runner, saver, say };
}

test('a text that has to leave the cache is saved, and is there for the next turn', async () => {
  const { store, saver, runner, say } = await open();
  await say(textOf(3), 'a');
  await say(textOf(5), 'b');
  expect(store.sizeBytes).toBe(0);
  const answer = await say(textOf(7), 'c');
  await expect.poll(() => store.sizeBytes).toBe(80);
  const turn = [...textOf(3), 1, 2];
  expect(runner.kept.keptOf('a', turn)).toBe(0);
  await saver.restore('a', turn);
  expect(runner.kept.keptOf('a', turn)).toBe(80);
  // And the one that needed the room had it
  expect(answer).toEqual([80, 81, 82, 83]);
});

test('a site that is forgotten while its text leaves is forgotten, and the next one’s is saved', async () => {
  let finish = () => {};
  const { saved, saver, say } = await open(new Promise((resolve) => (finish = resolve)));
  for (const [i, origin] of ['a', 'b', 'c'].entries()) await say(textOf(3 + 2 * i), origin);
  saver.forget('a');
  finish();
  // Others leave too, once that one is done with
  let seed = 9;
  const more = async () => {
    await say(textOf((seed += 2)), 'd');
    return saved[0];
  };
  await expect.poll(more).toBe('c');
});

test('many texts go through a small cache without holding each other up', async () => {
  const { say } = await open();
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => say(textOf(i + 2), `site ${i}`)));
  expect(answers).toEqual(Array.from({ length: 12 }, () => [80, 81, 82, 83]));
});
