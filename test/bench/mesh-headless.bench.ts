// A machine without a browser computes for one that cannot hold the model.
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { MeshMachine } from '../browser/mesh-machine.ts';
import { startPeerServer } from '../browser/peer-server.ts';
import { allowedPage, ANSWER, askRoom, cap, SMALL_CAP } from '../browser/room-answer.ts';

let machine: MeshMachine;
let server: Awaited<ReturnType<typeof startPeerServer>>;
let peer: ChildProcess;

beforeAll(async () => {
  await buildExtension();
  server = await startPeerServer();
  const signalling = { kind: 'server', address: `127.0.0.1:${server.port}` } as const;
  machine = await MeshMachine.launch(resolve(root, DIST), 'm0', { signalling }, { hasWebGpu: true });
  await cap(machine, SMALL_CAP);
});
afterAll(async () => {
  peer?.kill();
  await machine?.close();
  await server?.close();
});

test('a headless peer joins by the room’s code, and a page of a browser has its answer through it', async () => {
  await machine.createByPopup();
  const { room } = await machine.status();
  const args = ['src/build/cli.mjs', 'peer', '--room', room!.code, '--server', `127.0.0.1:${server.port}`];
  const model = 'models/bundled/hearthside-25m.gguf';
  peer = spawn(process.execPath, [...args, '--model', model, '--name', 'shelf'], {
    cwd: root,
    stdio: 'inherit',
  });
  await machine.sees('shelf');

  const answer = await askRoom(await allowedPage(machine));
  expect(answer.text).toBe(ANSWER);
  // Whole on the peer or split, as the room is loaded; this machine cannot hold it alone
  const { stages } = answer.usage.hearth;
  expect([stages[0]?.first, stages.at(-1)?.end]).toEqual([0, 7]);
});
