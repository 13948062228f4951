// Machines find each other: by a server on the network, by texts alone, and through those who are linked already.
import { startPeerServer } from './peer-server.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild } from './harness.ts';
import type { MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import { AGREE, MeshMachine } from './mesh-machine.ts';

let extension: string;
const machines: MeshMachine[] = [];

beforeAll(async () => {
  extension = await fakeEngineBuild();
});
afterEach(async () => {
  for (const machine of machines) if ((await machine.status()).room) await machine.call('meshLeave');
});
afterAll(() => Promise.all(machines.map((machine) => machine.close())));

/** Browsers are slow to start, so tests share them. */
async function machine(index: number): Promise<MeshMachine> {
  machines[index] ??= await MeshMachine.launch(extension, `m${index}`);
  return machines[index];
}

test('three machines meet by texts alone: the first two by hand, the third through one of them', async () => {
  const [first, second, third] = [await machine(0), await machine(1), await machine(2)];
  await first.call('meshCreate');

  for (const [host, guest] of [
    [first, second],
    [second, third],
  ] as const) {
    const invitation = await host.call('meshInvite');
    expect(invitation.text.length).toBeLessThan(180);
    const reply = await guest.call('meshReply', invitation);
    expect(reply.text.length).toBeLessThan(160);
    await host.call('meshAccept', reply);
  }

  const status = await first.sees('m1', 'm2');
  await second.sees('m0', 'm2');
  await third.sees('m0', 'm1');
  const digits = (status: MeshStatus, of: string) => status.machines.find(({ name }) => name === of)?.digits;
  expect(digits(status, 'm2')).toMatch(/^\d{6}$/);
  expect(digits(await third.status(), 'm0')).toBe(digits(status, 'm2'));
});

test('three machines meet by their popups and a server, which then goes away; one restarts and is back', async () => {
  let server = await startPeerServer();
  const signalling = { kind: 'server', address: `127.0.0.1:${server.port}` } as const;
  const [first, second, third] = [await machine(0), await machine(1), await machine(2)];
  for (const each of [first, second, third]) await each.change({ signalling });

  // By a new room, by its code, and by its link
  const create = await first.popup();
  await create.getByLabel(AGREE).check();
  await create.getByRole('button', { name: 'Create a room' }).click();
  await create.getByRole('button', { name: 'Show code' }).click();
  const code = await create.locator('.code').innerText();
  expect(await create.getByRole('img', { name: 'QR' }).isVisible()).toBe(true);

  const byCode = await second.popup();
  await byCode.getByLabel('Code, link or invitation').fill(code.toLowerCase());
  expect(await byCode.getByRole('button', { name: 'Join' }).isEnabled()).toBe(false);
  await byCode.getByLabel(AGREE).check();
  await byCode.getByRole('button', { name: 'Join' }).click();
  const byLink = await third.popup(code);
  await byLink.getByLabel(AGREE).check();
  await byLink.getByRole('button', { name: 'Join' }).click();
  for (const page of [create, byCode, byLink]) await page.getByText('3 machines in this room').waitFor();
  await create.getByRole('listitem').filter({ hasText: 'm2' }).waitFor();

  await server.close();
  await create.getByText('has gone').waitFor();
  for (const [each, others] of [
    [first, ['m1', 'm2']],
    [second, ['m0', 'm2']],
    [third, ['m0', 'm1']],
  ] as const)
    await each.sees(...others);

  server = await startPeerServer(server.port);
  await third.restart();
  await third.sees('m0', 'm1');
  await first.sees('m1', 'm2');

  await byCode.getByRole('button', { name: 'Leave' }).click();
  await byCode.getByText('Machines in one room answer together').waitFor();
  await first.sees('m2');
  expect(await second.harness.call('background', 'room')).toBeUndefined();
  await server.close();
});
