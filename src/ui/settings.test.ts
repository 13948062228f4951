import { expect, test } from 'vitest';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import type { Caller } from './caller.ts';
import { openSettings } from './settings.ts';

const settle = () => new Promise(setImmediate);
const half: Settings = { ...DEFAULT_SETTINGS, caps: { ...DEFAULT_SETTINGS.caps, gpuPercent: 50 } };

function stage() {
  const stage = { stored: DEFAULT_SETTINGS, configured: [] as unknown[], isDiskFull: false };
  const background: Caller<BackgroundCalls> = async (name, input) => {
    if (name === 'changeSettings') {
      if (stage.isDiskFull) throw new HearthError('quota', 'The disk is full.');
      stage.stored = { ...stage.stored, ...(input as Partial<Settings>) };
    }
    return stage.stored as never;
  };
  const engine: Caller<ScreenCalls> = async (_name, input) => stage.configured.push(input) as never;
  return { stage, store: openSettings({ background, engine }) };
}

test('a change shows at once, is stored and reaches the engine', async () => {
  const { stage: seen, store } = stage();
  await settle();
  store.change({ caps: half.caps });
  expect(store.settings.value).toEqual(half);
  await settle();
  expect(seen.stored).toEqual(half);
  expect(seen.configured).toEqual([half]);
});

test('a change that cannot be stored is taken back, and says why', async () => {
  const { stage: seen, store } = stage();
  await settle();
  seen.isDiskFull = true;
  store.change({ caps: half.caps });
  await settle();
  expect(store.settings.value).toEqual(DEFAULT_SETTINGS);
  expect(store.error.value).toBe('The disk is full.');
  expect(seen.configured).toEqual([]);

  seen.isDiskFull = false;
  store.change({ caps: half.caps });
  await settle();
  expect(store.error.value).toBeUndefined();
});
