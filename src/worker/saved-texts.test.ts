import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import { savedTexts } from './saved-texts.ts';

const owner = { origin: 'https://a.example', model: 'm' };

test('the folder is opened with the first question, once, and the user’s cap holds', async () => {
  let opened = 0;
  const directory = new MemoryDirectory();
  const open = async () => {
    opened++;
    return directory;
  };
  const texts = savedTexts(open, { now: () => 0 });
  expect(opened).toBe(0);
  await Promise.all([texts.save(owner, [1], new Uint8Array(10)), texts.find(owner, [1])]);
  expect([opened, await texts.sizeBytes()]).toEqual([1, 10]);
  await texts.limit(5);
  expect(await texts.sizeBytes()).toBe(0);
  await texts.limit(DEFAULT_SETTINGS.savedTextBytes);
  await texts.save(owner, [1], new Uint8Array(10));
  await texts.forget(undefined);
  expect(await texts.sizeBytes()).toBe(0);
});
