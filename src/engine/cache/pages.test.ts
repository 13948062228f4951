import { expect, test } from 'vitest';
import { type HeldPages, PagePools, pagesOfStep, pagesOfWindow } from './pages.ts';

const PAGE = 4;
const MAX_ROWS = 8;
const all = { window: 0, pageCount: 64 };
const windowed = { window: 6, pageCount: pagesOfWindow(6, PAGE) + pagesOfStep(MAX_ROWS, PAGE) };

function pools(...groups: { window: number; pageCount: number }[]) {
  const pages = new PagePools(groups, PAGE, MAX_ROWS);
  return { pages, extend: (held: HeldPages, positions: number) => pages.extend(held, positions, () => {}) };
}

const indexes = (held: HeldPages) => held.map(({ first, pages }) => [first, first + pages.length]);

test('a text of any length goes through a window, in steps of any size', () => {
  const { pages, extend } = pools(all, windowed);
  for (const rows of [1, 3, 8]) {
    const held: HeldPages = [];
    for (let position = 0; position + rows <= 256; position += rows) {
      pages.trim(held, position);
      expect(extend(held, position + rows)).toBe(true);
      const seen = Math.floor(Math.max(0, position + 1 - windowed.window) / PAGE);
      expect(held[1]!.first).toBeLessThanOrEqual(seen);
      expect(held[1]!.pages.length).toBeLessThanOrEqual(windowed.pageCount);
    }
    expect(held[0]!.pages).toHaveLength(Math.ceil((256 - (256 % rows)) / PAGE));
    pages.give(held);
    expect(held).toEqual([]);
  }
  // Nothing was lost on the way
  expect(pages.hasRoomFor(256, [])).toBe(true);
});

test('tells of each new page by its group and index', () => {
  const pages = new PagePools([all, windowed], PAGE, MAX_ROWS);
  const held: HeldPages = [];
  const told: number[][] = [];
  for (const positions of [5, 9]) pages.extend(held, positions, (...page) => told.push(page));
  expect(told.map(([group, index]) => [group, index])).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [0, 2],
    [1, 2],
  ]);
  expect(new Set(told.map(([group, , page]) => `${group} ${page}`)).size).toBe(6);
});

test('the beginning of a text is shared only while all that goes on from there reads is held', () => {
  const { pages, extend } = pools(all, windowed);
  const held: HeldPages = [];
  for (let position = 0; position < 80; position++) {
    pages.trim(held, position);
    extend(held, position + 1);
  }
  expect(indexes(held)).toEqual([
    [0, 20],
    [16, 20],
  ]);
  expect(pages.share(held, 12)).toBeUndefined();
  // A row at 68 reads 63 too, and one at 72 reads 67 and later
  expect(pages.share(held, 17)).toBeUndefined();
  const shared = pages.share(held, 18)!;
  expect(indexes(shared)).toEqual([
    [0, 18],
    [16, 18],
  ]);
  expect(pages.share(held, 21)).toBeUndefined();
});

test('a shared page is free once nobody holds it', () => {
  const { pages, extend } = pools({ window: 0, pageCount: 3 });
  const held: HeldPages = [];
  extend(held, 12);
  const shared = pages.share(held, 2)!;
  pages.give(held);
  expect(pages.hasRoomFor(8, [])).toBe(false);
  expect(pages.hasRoomFor(4, [])).toBe(true);
  pages.give(shared);
  expect(pages.hasRoomFor(12, [])).toBe(true);
});

test('a group that runs out takes no more, and goes on when asked again', () => {
  const { pages, extend } = pools({ window: 0, pageCount: 4 });
  const [one, two]: HeldPages[] = [[], []];
  expect(extend(one!, 12)).toBe(true);
  expect(extend(two!, 8)).toBe(false);
  pages.give(one!);
  expect(extend(two!, 8)).toBe(true);
  expect(two![0]!.pages).toHaveLength(2);
});
