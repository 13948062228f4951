// Machines find each other: by a server on the network, by texts alone, and through those who are linked already.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild } from './harness.ts';
import type { MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import { MeshMachine } from './mesh-machine.ts';

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
