// Machines that can hold no model alone answer together, through the death of one.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { MeshMachine } from '../browser/mesh-machine.ts';
import { startPeerServer } from '../browser/peer-server.ts';
import { allowedPage, ANSWER, askRoom, cap, SMALL_CAP } from '../browser/room-answer.ts';

const SHARE = { isOn: true, gpuPercent: 100, memoryBytes: 2 ** 30, when: 'always' } as const;
const machines: MeshMachine[] = [];
let server: Awaited<ReturnType<typeof startPeerServer>>;

beforeAll(async () => {
  await buildExtension();
  server = await startPeerServer();
  const signalling = { kind: 'server', address: `127.0.0.1:${server.port}` } as const;
  for (const name of ['m0', 'm1', 'm2']) {
    const machine = await MeshMachine.launch(
      resolve(root, DIST),
      name,
      { signalling, share: SHARE },
      { hasWebGpu: true },
    );
    machines.push(machine);
    await cap(machine, SMALL_CAP);
  }
});
afterAll(async () => {
  await Promise.allSettled(machines.map((machine) => machine.close()));
  await server?.close();
});

test('three browsers joined by their popups give the golden answer together, and two of them after one has died', async () => {
  const [first, second, third] = machines as [MeshMachine, MeshMachine, MeshMachine];
  await first.createByPopup();
  const { room } = await first.status();
  await second.joinByPopup(room!.code);
  await third.joinByPopup(room!.code);
  await first.sees('m1', 'm2');
  await second.sees('m0', 'm2');
  // Each shares with another once it has given it a grant
  const sharing = async () => (await first.status()).machines.filter(({ isSharing }) => isSharing).length;
  await expect.poll(sharing, { timeout: 10_000 }).toBe(2);

  const page = await allowedPage(first);
  expect(await page.evaluate(() => hearth!.mesh.status())).toMatchObject({ machines: 3, mayUse: true });
  const whole = await askRoom(page);
  expect(whole.text).toBe(ANSWER);
  const { stages } = whole.usage.hearth;
  expect(stages.length).toBeGreaterThan(1);
  expect([stages[0]!.first, stages.at(-1)!.end]).toEqual([0, 7]);

  // What was computed for this machine, both have signed
  const taken = async () => {
    const { accounts } = await first.status();
    return accounts.reduce((sum, account) => sum + account.taken.rowLayers, 0);
  };
  await expect.poll(taken, { timeout: 15_000 }).toBeGreaterThan(whole.usage.completion_tokens);

  const helper = (await first.status()).machines.find(({ worksForUs }) => worksForUs)!;
  const victim = machines.find(({ name }) => name === helper.name)!;
  const interrupted = await askRoom(page, (pieces) => void (pieces === 3 && victim.kill()));
  expect(interrupted.text).toBe(ANSWER);
  await first.sees(...machines.map(({ name }) => name).filter((name) => ![victim.name, 'm0'].includes(name)));
});
