import { expect, test } from 'vitest';
import { newPage } from './page.ts';
import { RecentRuns } from './recent-runs.ts';

const alone = { mayLeave: false, sharing: 0 };
const amongOthers = { mayLeave: true, sharing: 2 };
const study = { machine: 'Study', first: 0, end: 4 };
const attic = { machine: 'Attic', first: 4, end: 7 };

test('a site learns where each of its answers was computed and why, and no machine’s name', () => {
  const runs = new RecentRuns();
  const page = newPage('https://a.example');
  runs.add(page, { model: 'm' }, alone);
  runs.add(page, { model: 'm' }, { mayLeave: true, sharing: 0 });
  runs.add(page, { model: 'm' }, amongOthers);
  runs.add(page, { model: 'm', stages: [study] }, amongOthers);
  runs.add(page, { model: 'm', stages: [study, attic] }, amongOthers);
  const told = runs.of(page);
  expect(told.map(({ where }) => where)).toEqual([
    'several machines of the room',
    'one machine of the room',
    'this machine',
    'this machine',
    'this machine',
  ]);
  expect(new Set(told.map(({ why }) => why)).size).toBe(5);
  expect(told[0]!.why).toContain('2 machines');
  expect(JSON.stringify(told)).not.toMatch(/Study|Attic/);
});

test('a site learns nothing of another’s, and private windows leave nothing', () => {
  const runs = new RecentRuns();
  runs.add(newPage('https://a.example'), { model: 'm' }, alone);
  runs.add(newPage('https://b.example', true), { model: 'm' }, alone);
  runs.add(newPage('null'), { model: 'm' }, alone);
  expect(runs.of(newPage('https://a.example'))).toHaveLength(1);
  expect(runs.of(newPage('https://a.example', true))).toEqual([]);
  expect(runs.of(newPage('https://b.example'))).toEqual([]);
  expect(runs.of(newPage('null'))).toEqual([]);
});

test('a few answers of the sites that asked last are kept', () => {
  const runs = new RecentRuns();
  const first = newPage('https://first.example');
  for (let i = 0; i < 20; i++) runs.add(first, { model: `m${i}` }, alone);
  expect(runs.of(first).map(({ model }) => model)).toEqual(Array.from({ length: 8 }, (_, i) => `m${19 - i}`));
  for (let i = 0; i < 63; i++) runs.add(newPage(`https://${i}.example`), { model: 'm' }, alone);
  expect(runs.of(first)).toHaveLength(8);
  runs.add(newPage('https://one-more.example'), { model: 'm' }, alone);
  expect(runs.of(first)).toEqual([]);
});
