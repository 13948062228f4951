import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { keptVerdicts } from './verdicts.ts';

test('a verdict is there the next time, and the newest of many are kept', async () => {
  const directory = new MemoryDirectory();
  const verdicts = keptVerdicts(async () => directory, 'Chromium 150');
  expect(await verdicts.get('a GPU')).toBeUndefined();
  for (let i = 0; i < 20; i++) await verdicts.set(`GPU ${i}`, 'no subgroups');
  await verdicts.set('a GPU', 'all it has');

  const later = keptVerdicts(async () => directory, 'Chromium 150');
  expect(await later.get('a GPU')).toBe('all it has');
  expect(await later.get('GPU 19')).toBe('no subgroups');
  expect(await later.get('GPU 0')).toBeUndefined();
  const updated = keptVerdicts(async () => directory, 'Chromium 151');
  expect(await updated.get('a GPU')).toBeUndefined();
});

test.each([null, 7, ['all'], { 'a GPU': 3 }])('a file that holds %j is none', async (value) => {
  const directory = new MemoryDirectory();
  await directory.writeJson('verdicts.json', value);
  expect(await keptVerdicts(async () => directory, 'Chromium 150').get('a GPU')).toBeUndefined();
});
