import { expect, test, vi } from 'vitest';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { connect } from '../channel/connect.ts';
import { serve } from '../channel/serve.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import type { Area } from './area.ts';
import { backgroundCalls } from './background-calls.ts';
import { builtInSiteStore } from './built-in-sites.ts';
import { hubTokenStore } from './hub-token.ts';
import { roomStore } from './room.ts';
import { settingsStore } from './settings.ts';
import { siteStore } from './sites.ts';

/** As `storage.local`: copies in and out. */
function memoryArea(items: Record<string, unknown> = {}): Area {
  return {
    get: async (key) => structuredClone(key === null ? items : key in items ? { [key]: items[key] } : {}),
    set: async (more) => void Object.assign(items, structuredClone(more)),
    remove: async (key) => void delete items[key],
  };
}

/** A worker that was just started; `area` is what it finds. */
function start(area: Area) {
  const [near, far] = memoryWires();
  let now = 0;
  const prompts = { open: vi.fn(async () => {}), close: vi.fn(async () => {}) };
  const calls = backgroundCalls({
    sites: siteStore(area, () => ++now),
    builtIn: builtInSiteStore(area),
    settings: settingsStore(area),
    wake: async () => {},
    prompts,
    room: roomStore(area),
    hubToken: hubTokenStore(area),
    isIdle: async () => false,
    memoryBytes: async () => 8 * 2 ** 30,
  });
  serve<BackgroundCalls>(far, calls);
  return { call: connect<BackgroundCalls>(near).call, prompts };
}

test('decisions outlive the worker and come newest first', async () => {
  const area = memoryArea();
  const { call } = start(area);
  await call('decide', { origin: 'http://a', models: ['m'], decision: 'allow' });
  await call('decide', { origin: 'https://b:8443', models: ['m'], decision: 'block' });

  const later = start(area).call;
  expect(await later('sites', undefined)).toEqual([
    { origin: 'https://b:8443', decision: 'block', models: [], decidedAt: 2 },
    { origin: 'http://a', decision: 'allow', models: ['m'], decidedAt: 1 },
  ]);
  expect(await later('consent', { origin: 'http://a' })).toMatchObject({ decision: 'allow' });
  expect(await later('consent', { origin: 'http://c' })).toBeUndefined();
});

test('allowing another model adds it; blocking and then allowing begins anew', async () => {
  const { call } = start(memoryArea());
  const modelsAfter = async (decision: 'allow' | 'block', models: string[]) => {
    await call('decide', { origin: 'http://a', models, decision });
    return (await call('consent', { origin: 'http://a' }))!.models;
  };
  expect(await modelsAfter('allow', ['m'])).toEqual(['m']);
  expect(await modelsAfter('allow', ['n', 'm'])).toEqual(['m', 'n']);
  expect(await modelsAfter('block', ['m'])).toEqual([]);
  expect(await modelsAfter('allow', ['o'])).toEqual(['o']);
});

test('two decisions at once are both kept', async () => {
  const { call } = start(memoryArea());
  await Promise.all(
    ['http://a', 'http://b'].map((origin) => call('decide', { origin, models: ['m'], decision: 'allow' })),
  );
  expect(await call('sites', undefined)).toHaveLength(2);
});

test('forgetting leaves nothing', async () => {
  const area = memoryArea();
  const { call } = start(area);
  await call('decide', { origin: 'http://a', models: ['m'], decision: 'allow' });
  await call('decide', { origin: 'http://a', models: [], decision: 'forget' });
  expect(await area.get(null)).toEqual({});
});

test.each(['null', '', 'a', 'http://a/path', 'http://a/', 5, undefined, null])(
  'nothing is remembered about %j, which is no origin',
  async (origin) => {
    const area = memoryArea();
    const decision = { origin: origin as string, models: ['m'], decision: 'allow' as const };
    await expect(start(area).call('decide', decision)).rejects.toMatchObject({ code: 'bad-input' });
    expect(await area.get(null)).toEqual({});
  },
);

test('what is broken in storage counts as absent', async () => {
  const { call } = start(
    memoryArea({ 'site http://a': { decision: 'allow' }, settings: { caps: 'all of it' } }),
  );
  expect(await call('sites', undefined)).toEqual([]);
  expect(await call('consent', { origin: 'http://a' })).toBeUndefined();
  expect(await call('settings', undefined)).toEqual(DEFAULT_SETTINGS);
});

test('settings change one by one and outlive the worker', async () => {
  const area = memoryArea();
  const caps = { gpuPercent: 50, memoryBytes: 2 ** 30 };
  expect(await start(area).call('changeSettings', { caps })).toEqual({ ...DEFAULT_SETTINGS, caps });
  await start(area).call('changeSettings', { defaultModel: 'other' });
  expect(await start(area).call('settings', undefined)).toEqual({
    ...DEFAULT_SETTINGS,
    caps,
    defaultModel: 'other',
  });
});

test.each([
  { caps: { gpuPercent: 4, memoryBytes: 2 ** 30 } },
  { caps: { gpuPercent: 101, memoryBytes: 2 ** 30 } },
  { caps: { gpuPercent: Number.NaN, memoryBytes: 2 ** 30 } },
  { caps: { gpuPercent: 50, memoryBytes: 1 } },
  { caps: { gpuPercent: 50 } },
  { defaultModel: '' },
  { nonsense: 1 },
])('settings out of range are refused: %j', async (changes) => {
  const { call } = start(memoryArea());
  await expect(call('changeSettings', changes as never)).rejects.toMatchObject({ code: 'bad-input' });
  expect(await call('settings', undefined)).toEqual(DEFAULT_SETTINGS);
});

test('questions open and close their windows', async () => {
  const { call, prompts } = start(memoryArea());
  await call('openPrompt', { question: 'q' });
  await call('closePrompt', { question: 'q' });
  expect(prompts.open).toHaveBeenCalledWith('q');
  expect(prompts.close).toHaveBeenCalledWith('q');
});

test('who answers where the browser has built-in AI: the site’s choice, else that of all sites', async () => {
  const area = memoryArea();
  const { call } = start(area);
  const choiceOf = (origin: string) => start(area).call('builtInChoice', { origin });
  expect(await choiceOf('http://a')).toBe('ask');

  await call('changeSettings', { builtIn: 'own' });
  await call('chooseBuiltIn', { origin: 'http://a', choice: 'hearth' });
  expect([await choiceOf('http://a'), await choiceOf('http://b'), await choiceOf('null')]).toEqual([
    'hearth',
    'own',
    'own',
  ]);
  expect(await call('builtInSites', undefined)).toEqual([{ origin: 'http://a', choice: 'hearth' }]);

  await call('chooseBuiltIn', { origin: 'http://a', choice: 'default' });
  expect(await choiceOf('http://a')).toBe('own');
  await expect(call('chooseBuiltIn', { origin: 'null', choice: 'own' })).rejects.toMatchObject({
    code: 'bad-input',
  });
});

test('a room is remembered until it is left, and then nothing of it is', async () => {
  const items: Record<string, unknown> = {};
  const { call } = start(memoryArea(items));
  const room = { code: 'AAAAA-BBBBB-CCCCC-DDDDD', known: ['p'.repeat(43) as PeerId], bans: [] };
  await call('rememberRoom', room);
  expect(await start(memoryArea(items)).call('room', undefined)).toEqual(room);
  await call('rememberRoom', undefined);
  expect(await call('room', undefined)).toBeUndefined();
  expect(JSON.stringify(items)).not.toContain('AAAAA');
});
