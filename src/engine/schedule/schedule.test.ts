import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GREEDY, type Lane } from '../../protocol/generate.ts';
import { type HeldPages, type PageGroup, PagePools, pagesOfStep, pagesOfWindow } from '../cache/pages.ts';
import { type ScheduleOptions, Scheduler, type StepPlan } from './schedule.ts';
import { StepCosts } from '../speculate/step-costs.ts';
import type { Sequence } from './sequence.ts';

let nextId = 1;

function sequence({ origin = 'a', lane = 'interactive' as Lane, prompt = 4, answer = 4 } = {}): Sequence {
  return {
    id: nextId++,
    origin,
    lane,
    sampling: GREEDY,
    promptLength: prompt,
    maxLength: prompt + answer,
    tokens: Array.from({ length: prompt }, (_, i) => i),
    scheduled: 0,
    epoch: 0,
    slot: undefined,
    pages: [],
    cachedTokens: undefined,
    isPaused: false,
    isDone: false,
  };
}

/** Of a group, the pages from an index on. */
function pagesFrom(held: HeldPages, index: number, group = 0): number[] {
  const run = held[group] ?? { first: 0, pages: [] };
  return run.pages.slice(Math.max(0, index - run.first));
}

/** A scheduler whose steps are read at once: sampled tokens are made up. */
function machine({
  slots = 4,
  pages = 64,
  pageSize = 4,
  depth = 4,
  windows = [] as number[],
  maxRows = 64,
  guessing = undefined as ScheduleOptions['guessing'],
} = {}) {
  const ofWindow = (window: number) => ({
    window,
    pageCount: pagesOfWindow(window, pageSize) + pagesOfStep(maxRows, pageSize),
  });
  const groups: PageGroup[] = [{ window: 0, pageCount: pages }, ...windows.map(ofWindow)];
  const owners = new Map<number, Sequence>();
  const scheduler = new Scheduler({
    slots,
    pages: new PagePools(groups, pageSize, maxRows),
    depth,
    groups: () => 1,
    ...(guessing && { guessing }),
    keepsTexts: () => true,
    onPage() {},
    onSlot() {},
  });
  const chunks = (plan: StepPlan) => [...plan.decodes, ...plan.prefills];
  return {
    scheduler,
    owners,
    step(budget: number) {
      const plan = scheduler.next(budget);
      if (!plan) return undefined;
      const rows = chunks(plan).reduce((sum, chunk) => sum + chunk.rows, 0);
      expect(rows).toBeLessThanOrEqual(budget);
      for (const { sequence, firstPosition, rows, isOutput } of chunks(plan)) {
        expect(sequence.slot).toBeDefined();
        for (const [group, { window }] of groups.entries()) {
          const { first, pages } = sequence.pages[group]!;
          expect((first + pages.length) * pageSize).toBeGreaterThanOrEqual(firstPosition + rows);
          if (window > 0)
            expect(first * pageSize).toBeLessThanOrEqual(Math.max(0, firstPosition + 1 - window));
          else expect(first).toBe(0);
        }
        if (!isOutput) continue;
        sequence.tokens.push(7);
        if (sequence.tokens.length >= sequence.maxLength) scheduler.remove(sequence);
      }
      // Pages are shared only by texts that begin alike, and only where both are past writing
      for (const group of groups.keys()) {
        const writable = [...scheduler.sequences].flatMap(({ pages, scheduled }) =>
          pagesFrom(pages, Math.floor(scheduled / pageSize), group),
        );
        expect(new Set(writable).size).toBe(writable.length);
      }
      return plan;
    },
  };
}

describe('texts that stay in the cache', () => {
  const text = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);
  const withTokens = (tokens: number[], options = {}) => ({
    ...sequence({ prompt: tokens.length, ...options }),
    tokens,
  });

  test('a second turn starts where the first left off, down to a full page', () => {
    const { scheduler, step } = machine();
    const first = withTokens(text(10), { answer: 3 });
    scheduler.add(first);
    while (step(16));
    // 10 of the prompt, 3 of the answer, of which the last was never computed: 12 positions are 3 pages of 4
    const second = withTokens([...first.tokens, ...text(6, 100)]);
    scheduler.add(second);
    const plan = step(16)!;
    expect(second.cachedTokens).toBe(12);
    expect(plan.prefills[0]).toMatchObject({ firstPosition: 12, rows: 7 });
  });

  test('the same prompt again computes its last token at least', () => {
    const { scheduler, step } = machine();
    for (const expected of [0, 4]) {
      const s = withTokens(text(8), { answer: 1 });
      scheduler.add(s);
      while (step(16));
      expect(s.cachedTokens).toBe(expected);
    }
  });

  test('another origin with the very same prompt finds nothing', () => {
    const { scheduler, step } = machine();
    for (const origin of ['a', 'b']) {
      const s = withTokens(text(12), { origin, answer: 1 });
      scheduler.add(s);
      while (step(16));
      expect(s.cachedTokens).toBe(0);
    }
  });

  test('a private text finds nothing and leaves nothing', () => {
    const { scheduler, step } = machine();
    const cachedTokens = (isPrivate: boolean) => {
      const s = { ...withTokens(text(12), { answer: 1 }), isPrivate };
      scheduler.add(s);
      while (step(16));
      return s.cachedTokens;
    };
    expect([true, true, false, true, false].map(cachedTokens)).toEqual([0, 0, 0, 0, 8]);
  });

  test('two questions after one long beginning share its pages and write to their own', () => {
    const { scheduler, step } = machine({ pages: 16 });
    const first = withTokens(text(20), { answer: 1 });
    scheduler.add(first);
    while (step(32));
    const [one, two] = [100, 200].map((from) => withTokens([...text(18), ...text(6, from)], { answer: 4 }));
    scheduler.add(one!);
    scheduler.add(two!);
    step(64);
    const [ones, twos] = [one!, two!].map(({ pages }) => pagesFrom(pages, 0));
    expect(ones!.slice(0, 4)).toEqual(twos!.slice(0, 4));
    expect(ones!.slice(4).some((page) => twos!.slice(4).includes(page))).toBe(false);
    while (step(64));
    expect([one, two].map((s) => s!.tokens.length)).toEqual([28, 28]);
  });

  test('in a model with windows a text starts from a kept one only if it goes on from its end', () => {
    const { scheduler, step } = machine({ windows: [3], pages: 64 });
    const cachedTokens = (tokens: number[], answer: number) => {
      const s = withTokens(tokens, { answer });
      scheduler.add(s);
      while (step(16));
      return { cached: s.cachedTokens, tokens: s.tokens };
    };
    const first = cachedTokens(text(40), 12);
    expect(cachedTokens([...text(24), ...text(9, 200)], 1).cached).toBe(0);
    expect(cachedTokens([...first.tokens, ...text(6, 300)], 1).cached).toBe(48);
  });

  test('a text that changes starts where the old one and the new one part', () => {
    const { scheduler, step } = machine();
    const s = withTokens(text(10), { answer: 20 });
    scheduler.add(s);
    step(16);
    step(16);
    scheduler.restart(s, () => s.tokens.splice(6, 3));
    expect(s).toMatchObject({ slot: undefined, scheduled: 0, epoch: 1, pages: [] });
    const plan = step(16)!;
    expect(plan.prefills[0]).toMatchObject({ sequence: s, firstPosition: 4, rows: 5 });
    while (step(16));
    expect(s.tokens).toHaveLength(30);
  });

  test('what is kept gives way to whoever needs the room', () => {
    const { scheduler, step } = machine({ pages: 6 });
    for (let i = 0; i < 5; i++) {
      const s = withTokens(text(16, i * 1000), { answer: 4 });
      scheduler.add(s);
      while (step(32));
      expect(s.tokens.length).toBe(20);
    }
  });

  test('a lost device leaves nothing to start from', () => {
    const { scheduler, step } = machine();
    scheduler.add(withTokens(text(12), { answer: 1 }));
    while (step(16));
    scheduler.rewindAll();
    const again = withTokens(text(12), { answer: 1 });
    scheduler.add(again);
    step(16);
    expect(again.cachedTokens).toBe(0);
  });
});

describe('continuous batching', () => {
  test('a decoding sequence gets a row in every step beside a long prompt', () => {
    const { scheduler, step } = machine();
    const talker = sequence({ prompt: 2, answer: 20 });
    scheduler.add(talker);
    step(8);
    scheduler.add(sequence({ origin: 'b', prompt: 60 }));
    for (let i = 0; i < 5; i++) expect(step(8)!.decodes.map(({ sequence }) => sequence)).toEqual([talker]);
  });

  test('two prompts of two origins advance together, however long one is', () => {
    const { scheduler, step } = machine();
    const long = sequence({ origin: 'long', prompt: 100 });
    const short = sequence({ origin: 'short', prompt: 8 });
    scheduler.add(long);
    scheduler.add(short);
    step(8);
    step(8);
    expect(short.tokens.length).toBe(9);
    expect(long.scheduled).toBe(8);
  });

  test('one origin with many prompts takes no more of a step than one with a single prompt', () => {
    const { scheduler, step } = machine({ slots: 8 });
    const many = [1, 2, 3, 4].map(() => sequence({ origin: 'many', prompt: 40 }));
    const single = sequence({ origin: 'single', prompt: 40 });
    for (const s of [...many, single]) scheduler.add(s);
    for (let i = 0; i < 4; i++) step(8);
    expect(single.scheduled).toBe(16);
    expect(many.reduce((sum, s) => sum + s.scheduled, 0)).toBe(16);
  });

  test('an origin that holds every slot gives one to a newcomer, and its sequence is computed again later', () => {
    const { scheduler, step } = machine({ slots: 2 });
    const [first, second] = [sequence({ answer: 10 }), sequence({ answer: 10 })];
    scheduler.add(first);
    scheduler.add(second);
    step(16);
    step(16);
    const newcomer = sequence({ origin: 'b', answer: 3 });
    scheduler.add(newcomer);
    step(16);
    expect([first.slot, second.slot, newcomer.slot].filter((slot) => slot !== undefined)).toHaveLength(2);
    expect(newcomer.slot).toBeDefined();
    expect(second).toMatchObject({ scheduled: 0, epoch: 1, pages: [] });
    while (step(16));
    expect([first, second, newcomer].map(({ tokens }) => tokens.length)).toEqual([14, 14, 7]);
  });

  test('interactive comes before bulk, and bulk before guest', () => {
    const { scheduler, step } = machine({ slots: 1 });
    const [guest, bulk, interactive] = (['guest', 'bulk', 'interactive'] as Lane[]).map((lane) =>
      sequence({ lane, origin: lane, answer: 1 }),
    );
    for (const s of [guest!, bulk!, interactive!]) scheduler.add(s);
    const order: Sequence[] = [];
    for (let plan = step(8); plan; plan = step(8))
      order.push(...plan.prefills.map(({ sequence }) => sequence));
    expect(order).toEqual([interactive, bulk, guest]);
  });

  test('a paused reader holds up only its own sequence', () => {
    const { scheduler, step } = machine();
    const [slow, quick] = [sequence({ answer: 9 }), sequence({ origin: 'b', answer: 9 })];
    scheduler.add(slow);
    scheduler.add(quick);
    step(16);
    slow.isPaused = true;
    while (step(16));
    expect(slow.tokens.length).toBe(5);
    expect(quick.isDone).toBe(true);
  });

  test('runs no further ahead of the reader than its depth', () => {
    const scheduler = new Scheduler({
      slots: 1,
      pages: new PagePools([{ window: 0, pageCount: 9 }], 4, 8),
      depth: 3,
      groups: () => 1,
      keepsTexts: () => true,
      onPage() {},
      onSlot() {},
    });
    const s = sequence({ prompt: 1, answer: 20 });
    scheduler.add(s);
    let steps = 0;
    while (scheduler.next(8)) steps++;
    expect(steps).toBe(3);
  });
});

test('beside a stream that is read, prompts of others may get on by a row each, as if they decoded', () => {
  const costs = new StepCosts();
  const none = { decodes: 0, others: 0, guesses: 0, prompts: 0 };
  for (const decodes of [1, 2, 4, 8]) costs.note({ ...none, decodes }, 1);
  costs.note({ ...none, decodes: 1, prompts: 1 }, 10);
  const { scheduler, step } = machine({ slots: 6, guessing: { costs, mayGuess: () => true } });
  scheduler.add(sequence({ origin: 'reader', prompt: 1, answer: 30 }));
  step(16);
  const bulk = ['b', 'c'].map((origin) => sequence({ origin, lane: 'bulk', prompt: 8 }));
  for (const each of bulk) scheduler.add(each);
  const plan = step(16)!;
  expect(plan.prefills).toEqual([]);
  expect(plan.decodes.map(({ rows, isOutput }) => [rows, isOutput])).toEqual([
    [1, true],
    [1, false],
    [1, false],
  ]);
  expect(bulk.map(({ scheduled }) => scheduled)).toEqual([1, 1]);
});

test('whatever comes, pages are owned once, budgets hold, and everyone finishes', () => {
  const arrivals = fc.array(
    fc.record({
      origin: fc.constantFrom('a', 'b', 'c'),
      lane: fc.constantFrom<Lane>('interactive', 'bulk', 'guest'),
      prompt: fc.integer({ min: 1, max: 60 }),
      answer: fc.integer({ min: 1, max: 20 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(
      arrivals,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 20, max: 40 }),
      fc.integer({ min: 1, max: 64 }),
      fc.constantFrom<number[]>([], [5], [5, 1]),
      (all, slots, pages, budget, windows) => {
        const { scheduler, step } = machine({ slots, pages, windows });
        const sequences = all.map(sequence);
        let guard = 0;
        for (const s of sequences) {
          scheduler.add(s);
          step(budget);
        }
        while (step(budget)) if (++guard > 20_000) throw new Error('no end');
        expect(sequences.every(({ isDone }) => isDone)).toBe(true);
      },
    ),
  );
});
