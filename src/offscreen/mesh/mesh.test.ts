import { afterEach, describe, expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { messagePortWire } from '../../channel/message-port.ts';
import { serve } from '../../channel/serve.ts';
import { newKeyPair } from '../../mesh/identity/identity.ts';
import type { MeshWorkerCalls } from '../../protocol/mesh-calls.ts';
import { DEFAULT_SETTINGS } from '../../protocol/settings.ts';
import { newPage } from '../page.ts';
import { Mesh } from './mesh.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A mesh whose worker takes part in nothing, and whose background remembers what it is given. */
function alone({ staysHere = [] as string[] } = {}) {
  const remembered: unknown[] = [];
  const background = (async (name: string, input: unknown) => {
    if (name === 'rememberRoom') remembered.push(input);
    if (name === 'settings')
      return {
        ...DEFAULT_SETTINGS,
        mesh: { ...DEFAULT_SETTINGS.mesh, signalling: { kind: 'none' }, staysHere },
      };
    return undefined;
  }) as never;
  const mesh = new Mesh({
    background,
    keys: { get: () => newKeyPair(), put: async () => {} },
    clock: fakeClock(),
    random: () => 0.5,
    wakeWorker: async () => {},
    linkTo: (code) => code,
  });
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const idle = { parse: (input: unknown) => input as never, run: () => undefined };
  serve<MeshWorkerCalls>(messagePortWire(port2), {
    run: {
      parse: (input) => input as never,
      run: (_, call) =>
        new Promise<undefined>((resolve) => call.signal.addEventListener('abort', () => resolve(undefined))),
    },
    configure: idle,
    channels: idle,
    open: idle,
    join: idle,
    drop: idle,
    signal: idle,
    ban: idle,
    pardon: idle,
  });
  mesh.workerStarted(port1, new Promise(() => {}));
  return { mesh, remembered };
}

describe('what a page says may leave this machine', () => {
  const page = newPage('https://a.example');

  test('only while it is in a room', async () => {
    const { mesh } = alone();
    expect(mesh.mayLeave(page)).toBe(false);
    await mesh.create();
    expect(mesh.mayLeave(page)).toBe(true);
    await mesh.leave();
    expect(mesh.mayLeave(page)).toBe(false);
  });

  test('not from sites that are kept here, from private windows, or from who has no name', async () => {
    const { mesh } = alone({ staysHere: ['https://bank.example'] });
    await mesh.create();
    expect(mesh.mayLeave(newPage('https://bank.example'))).toBe(false);
    expect(mesh.mayLeave(newPage('https://a.example', true))).toBe(false);
    expect(mesh.mayLeave(newPage('null'))).toBe(false);
    expect(mesh.mayLeave(page)).toBe(true);
  });
});

describe('a room that is left', () => {
  test('is forgotten: by the background, by the screens, and by who asks to be invited', async () => {
    const { mesh, remembered } = alone();
    await mesh.create();
    const { room } = await mesh.status();
    expect(remembered.at(-1)).toMatchObject({ code: room!.code });
    await mesh.leave();
    expect(remembered.at(-1)).toBeUndefined();
    expect((await mesh.status()).room).toBeUndefined();
    await expect(mesh.invite()).rejects.toThrow('in no room');
  });

  test('stays left if it was still being entered', async () => {
    const { mesh, remembered } = alone();
    const entering = mesh.create();
    await mesh.leave();
    await entering;
    expect((await mesh.status()).room).toBeUndefined();
    expect(remembered.at(-1)).toBeUndefined();
  });
});
