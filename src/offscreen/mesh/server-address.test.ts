import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type MeshSettings } from '../../protocol/settings.ts';
import { iceServersOf, parseAddress, serverOf } from './server-address.ts';
import { sharesNow } from './shares-now.ts';

const mesh = (change: Partial<MeshSettings>): MeshSettings => ({ ...DEFAULT_SETTINGS.mesh, ...change });

test('as it is installed, nothing outside this machine is contacted', () => {
  expect(serverOf(DEFAULT_SETTINGS.mesh)).toBeUndefined();
  expect(iceServersOf(DEFAULT_SETTINGS.mesh)).toEqual([]);
});

test('under "LAN only" neither the public server nor STUN is used, whatever else is set', () => {
  const cloud = mesh({ signalling: { kind: 'cloud' } });
  expect(serverOf(cloud)).toBeUndefined();
  expect(iceServersOf(cloud)).toEqual([]);
  expect(serverOf({ ...cloud, isLanOnly: false })?.secure).toBe(true);
  expect(iceServersOf({ ...cloud, isLanOnly: false })).toHaveLength(1);
});

test.each([
  ['192.168.1.5:9000', { host: '192.168.1.5', port: 9000, path: '/', secure: false }],
  [' kitchen.local ', { host: 'kitchen.local', port: 80, path: '/', secure: false }],
  ['https://peers.example/rooms', { host: 'peers.example', port: 443, path: '/rooms', secure: true }],
  ['wss://peers.example:8443', { host: 'peers.example', port: 8443, path: '/', secure: true }],
])('%s is an address', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test.each(['', '   ', 'ftp://x', 'http://', 'a b'])(
  '%j is none, and the error says how one looks',
  (text) => {
    expect(() => parseAddress(text)).toThrow('It looks like 192.168.1.5:9000');
  },
);

test.each([
  { when: 'always', isOn: true, isIdle: false, shares: true },
  { when: 'always', isOn: false, isIdle: true, shares: false },
  { when: 'idle', isOn: true, isIdle: true, shares: true },
  { when: 'idle', isOn: true, isIdle: false, shares: false },
] as const)(
  'sharing that is on ($isOn) $when, idle $isIdle: $shares',
  async ({ when, isOn, isIdle, shares }) => {
    const settings = mesh({ share: { ...DEFAULT_SETTINGS.mesh.share, isOn, when } });
    expect(await sharesNow(settings, (async () => isIdle) as never)).toBe(shares);
  },
);
