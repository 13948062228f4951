// Machines that have nothing of a model compute it with the one that has it: each fetches the bytes of its own layers.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { MeshMachine } from '../browser/mesh-machine.ts';
import { startPeerServer } from '../browser/peer-server.ts';
import { allowedPage, ANSWER, askRoom, cap, otherModel, SMALL_CAP } from '../browser/room-answer.ts';

const SHARE = { isOn: true, gpuPercent: 100, memoryBytes: 2 ** 30, when: 'always' } as const;
const machines: MeshMachine[] = [];
let server: Awaited<ReturnType<typeof startPeerServer>>;

beforeAll(async () => {
  await buildExtension();
  server = await startPeerServer();
  const signalling = { kind: 'server', address: `127.0.0.1:${server.port}` } as const;
  for (const name of ['m0', 'm1', 'm2']) {
    const mesh = { signalling, share: SHARE };
    machines.push(await MeshMachine.launch(resolve(root, DIST), name, mesh, { hasWebGpu: true }));
  }
});
afterAll(async () => {
  await Promise.allSettled(machines.map((machine) => machine.close()));
  await server?.close();
});

test('two browsers that hold nothing of a model answer with the one that does', async () => {
  const [first, ...others] = machines as [MeshMachine, MeshMachine, MeshMachine];
  const model = await first.harness.importFile('other.gguf', await otherModel());
  for (const machine of machines) await cap(machine, SMALL_CAP, machine === first ? model : undefined);
  await first.createByPopup();
  const { room } = await first.status();
  for (const other of others) await other.joinByPopup(room!.code);
  await first.sees('m1', 'm2');
  const sharing = async () => (await first.status()).machines.filter(({ isSharing }) => isSharing).length;
  await expect.poll(sharing, { timeout: 10_000 }).toBe(2);

  const answer = await askRoom(await allowedPage(first), undefined, model);
  const { machines: seen, decisions } = await first.status();
  expect(answer.text, JSON.stringify(decisions)).toBe(ANSWER);
  const { stages } = answer.usage.hearth;
  expect([stages[0]?.first, stages.at(-1)?.end]).toEqual([0, 7]);
  // The bundled model is everywhere, and of this one each helper now has some
  const holding = seen.filter(({ worksForUs }) => worksForUs);
  expect(holding.length).toBeGreaterThan(0);
  for (const { name, holds } of holding) expect(holds.length, name).toBeGreaterThan(1);
});
